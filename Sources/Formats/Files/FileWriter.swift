import Foundation

/// Where the body of `AtomicFile.write` puts its bytes; unbuffered, so hand it large pieces.
public struct FileWriter: ~Copyable {
  private let file: FileDescriptor

  init(_ file: consuming FileDescriptor) { self.file = file }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws { try file.write(bytes) }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try file.write($0) } }

  /// Appends bytes.
  public func write(_ data: Data) throws { try data.withUnsafeBytes { try file.write($0) } }

  /// Appends text as UTF-8.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
  }

  func synchronize() throws { try file.synchronize() }
}
