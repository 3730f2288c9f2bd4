import Foundation

/// A log that grows at its end: every append is one write, so that a killed process leaves whole records
/// but for the last.
public final class AppendedFile {
  public let path: String
  private let descriptor: Int32

  /// Opens the file, creating it when it's missing.
  public init(path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FormatsError.system(path: path, operation: "open", code: errno) }
  }

  deinit { close(descriptor) }

  /// Adds bytes.
  public func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          throw FormatsError.system(path: path, operation: "write", code: errno)
        }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Waits until what was added is on the disk.
  public func synchronize() throws {
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS else {
      throw FormatsError.system(path: path, operation: "flush", code: errno)
    }
  }

  /// Takes away what stands behind a file's last line break: a line that was being written when its writer died.
  public static func dropTornLine(_ path: String) throws {
    let file = try MappedFile(path: path)
    let end = file.withBytes { bytes in bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0 }
    guard end < file.bytes.count else { return }
    guard truncate(path, off_t(end)) == 0 else { throw FormatsError.last("shorten", path) }
  }
}
