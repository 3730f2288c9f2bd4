import Crypto
import Foundation

/// The SHA-256 of some content: how checkpoints and data sets name what they were made from.
public struct Fingerprint: Sendable, Hashable, CustomStringConvertible {
  /// The digest's 32 bytes.
  public let bytes: [UInt8]

  /// The fingerprint of `content`.
  public init(of content: UnsafeRawBufferPointer) {
    var accumulator = Accumulator()
    accumulator.append(content)
    self = accumulator.finish()
  }

  /// The fingerprint of `content`.
  public init(of content: [UInt8]) { self = content.withUnsafeBytes { Fingerprint(of: $0) } }

  /// The fingerprint of the UTF-8 bytes of `text`.
  public init(of text: String) { self.init(of: Array(text.utf8)) }

  /// The fingerprint of the file at `path`, read in pieces.
  public init(contentsOf path: String) throws {
    let file = try FileDescriptor(path: path, flags: O_RDONLY)
    var accumulator = Accumulator()
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { break }
      piece.withUnsafeBytes { accumulator.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    self = accumulator.finish()
  }

  /// Reads back what `description` wrote; nil when `hexadecimal` isn't 64 hexadecimal digits.
  public init?(hexadecimal: String) {
    let digits = hexadecimal.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 64, hexadecimal.utf8.count == 64 else { return nil }
    bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  private init(digest: SHA256.Digest) { bytes = Array(digest) }

  /// Sixty-four hexadecimal digits in lower case.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// A fingerprint in the making, fed piece by piece.
  public struct Accumulator {
    private var state = SHA256()

    public init() {}

    /// Adds bytes.
    public mutating func append(_ content: UnsafeRawBufferPointer) { state.update(bufferPointer: content) }

    /// The fingerprint of everything that was added.
    public func finish() -> Fingerprint { Fingerprint(digest: state.finalize()) }
  }
}
