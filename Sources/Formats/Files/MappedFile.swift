import Foundation

/// The bytes of a file, read-only, for as long as this object lives.
///
/// A regular file is mapped, so that a model larger than memory can be opened and pages come in as they are
/// touched; a pipe or a device is read to its end.
public final class MappedFile: @unchecked Sendable {  // never written to after init
  /// The path as it was given, for messages.
  public let path: String
  /// The whole file; valid while this object is alive, so keep it beside what points in, or use `withBytes`.
  public let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Opens `path`.
  ///
  /// - Throws: `FormatsError` when the file is missing (66), is a folder or can't be read (74).
  public init(path: String) throws {
    let file = try FileDescriptor(path: path, flags: O_RDONLY)
    let status = try file.status()
    self.path = path
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw FormatsError.system(path: path, operation: "read", code: EISDIR)
    case S_IFREG where status.st_size > 0:
      let size = Int(status.st_size)
      guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.number, 0), base != MAP_FAILED else {
        throw FormatsError.last("map", path)
      }
      bytes = UnsafeRawBufferPointer(start: base, count: size)
      isMapped = true
    case S_IFREG:
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      isMapped = false
    default:
      bytes = UnsafeRawBufferPointer(try Self.readToEnd(file))
      isMapped = false
    }
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  /// Runs `body` on the whole file, which stays mapped meanwhile.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  private static func readToEnd(_ file: borrowing FileDescriptor) throws -> UnsafeMutableRawBufferPointer {
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { break }
      content += piece[..<count]
    }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 16)
    bytes.copyBytes(from: content)
    return bytes
  }
}
