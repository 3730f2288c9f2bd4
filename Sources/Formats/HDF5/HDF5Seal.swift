import Foundation

/// The checksum behind an HDF5 file: a line of text after its end, which HDF5 itself doesn't look at.
///
/// HDF5 has no checksums on variable-length texts, and following a corrupted reference crashes some versions of
/// the library. The seal is checked before the library sees the file. A program that changes the file later
/// drops the seal, because HDF5 cuts the file at its own end; files without one are read unchecked.
enum HDF5Seal {
  private static let label = Array("trimtab.sha256: ".utf8)
  private static let size = label.count + 64 + 1

  /// Seals the file at `path`, and waits until it is on the disk.
  static func append(to path: String) throws {
    let fingerprint = try Fingerprint(contentsOf: path)
    let file = try FileDescriptor(path: path, flags: O_WRONLY | O_APPEND)
    try (label + Array("\(fingerprint)\n".utf8)).withUnsafeBytes { try file.write($0) }
    try file.synchronize()
  }

  /// The content of a sealed file and what its seal says; nil for the latter when there is none.
  static func split(_ bytes: UnsafeRawBufferPointer) -> (content: UnsafeRawBufferPointer, Fingerprint?) {
    guard bytes.count > size else { return (bytes, nil) }
    let seal = bytes.suffix(size)
    guard seal.starts(with: label),
      let fingerprint = Fingerprint(
        hexadecimal: String(decoding: seal.dropFirst(label.count).dropLast(), as: UTF8.self))
    else { return (bytes, nil) }
    return (UnsafeRawBufferPointer(rebasing: bytes.dropLast(size)), fingerprint)
  }
}
