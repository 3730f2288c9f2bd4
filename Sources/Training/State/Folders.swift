import Formats
import Foundation

/// Folders that are either whole or not there.
enum Folders {
  /// Fills a folder under a temporary name beside `path`, flushes it and gives it its real name.
  ///
  /// A failure removes it and leaves what was there. A crash may leave a temporary folder, which the next call for
  /// the same path removes.
  static func replace(_ path: String, _ fill: (_ temporary: String) throws -> Void) throws {
    let parent = (path as NSString).deletingLastPathComponent
    let name = (path as NSString).lastPathComponent
    let temporary = "\(parent)/.\(name).partial"
    let replaced = "\(parent)/.\(name).replaced"
    let manager = FileManager.default
    try? manager.removeItem(atPath: temporary)
    try? manager.removeItem(atPath: replaced)
    try Folder.create(temporary)
    do {
      try fill(temporary)
      try synchronize(temporary)
      if manager.fileExists(atPath: path) { try rename(path, to: replaced) }
      try rename(temporary, to: path)
      try synchronize(parent)
    } catch {
      try? manager.removeItem(atPath: temporary)
      throw error
    }
    try? manager.removeItem(atPath: replaced)
  }

  /// Whether two paths lead to the same folder.
  static func isSame(_ path: String, _ other: String) -> Bool {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    return resolved(path) == resolved(other)
  }

  private static func rename(_ path: String, to other: String) throws {
    guard Foundation.rename(path, other) == 0 else {
      throw FormatsError.system(path: other, operation: "rename to", code: errno)
    }
  }

  /// Waits until the names in a folder are on the disk.
  private static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FormatsError.system(path: path, operation: "open", code: errno)
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FormatsError.system(path: path, operation: "flush", code: errno)
    }
  }
}
