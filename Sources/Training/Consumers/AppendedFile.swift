import Formats
import Foundation

/// A log that grows at its end: every append is one write, so that a killed process leaves whole records
/// but for the last.
final class AppendedFile {
  let path: String
  private let descriptor: Int32

  /// Opens the file, creating it when it's missing.
  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw FormatsError.system(path: path, operation: "open", code: errno)
    }
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws {
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
}
