import Foundation

/// An open file that closes itself.
struct FileDescriptor: ~Copyable {
  let number: Int32
  let path: String

  /// Opens `path`; `mode` holds the permissions of a file that is created.
  init(path: String, flags: Int32, mode: mode_t = 0o666) throws {
    var number: Int32
    repeat { number = open(path, flags | O_CLOEXEC, mode) } while number < 0 && errno == EINTR
    guard number >= 0 else { throw FormatsError.last("open", path) }
    self.number = number
    self.path = path
  }

  deinit { _ = Foundation.close(number) }

  /// What the system knows about the file: its kind and its size.
  func status() throws -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw FormatsError.last("inspect", path) }
    return status
  }

  /// Fills as much of `buffer` as the file has; returns the bytes read, 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var count: Int
    repeat {
      count = Foundation.read(number, buffer.baseAddress, buffer.count)
    } while count < 0
      && errno == EINTR
    guard count >= 0 else { throw FormatsError.last("read", path) }
    return count
  }

  /// Writes every byte.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      // Some systems refuse more than 2 GiB at once.
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let count = Foundation.write(number, piece.baseAddress, piece.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FormatsError.last("write", path)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until what was written is on the disk.
  func synchronize() throws {
    while fsync(number) != 0 {
      if errno == EINTR { continue }
      // Pipes, devices and some network file systems have nothing to flush.
      if errno == EINVAL || errno == ENOTSUP || errno == EROFS { return }
      throw FormatsError.last("flush", path)
    }
  }
}
