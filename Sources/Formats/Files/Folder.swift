import Foundation

/// Folders that are to be written into, or that are either whole or not there.
public enum Folder {
  /// Creates a folder and those above it; one that is there already is left as it is.
  ///
  /// - Throws: `FormatsError` (74) when the system refuses or a file is in the way.
  public static func create(_ path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return }
    let parent = (path as NSString).deletingLastPathComponent
    if !parent.isEmpty, parent != path { try create(parent) }
    guard mkdir(path, 0o777) == 0 else {
      throw FormatsError.system(path: path, operation: "create the folder", code: errno)
    }
  }

  /// Fills a folder under a temporary name beside `path`, flushes it and gives it its real name.
  ///
  /// A failure removes it and leaves what was there. A crash may leave a temporary folder, which the next call for
  /// the same path removes.
  public static func replace(_ path: String, _ fill: (_ temporary: String) throws -> Void) throws {
    let above = (path as NSString).deletingLastPathComponent
    let parent = above.isEmpty ? "." : above
    let name = (path as NSString).lastPathComponent
    let temporary = "\(parent)/.\(name).partial"
    let replaced = "\(parent)/.\(name).replaced"
    let manager = FileManager.default
    try? manager.removeItem(atPath: temporary)
    try? manager.removeItem(atPath: replaced)
    try create(temporary)
    do {
      try fill(temporary)
      try FileDescriptor(path: temporary, flags: O_RDONLY).synchronize()
      if manager.fileExists(atPath: path) { try rename(path, to: replaced) }
      try rename(temporary, to: path)
      try FileDescriptor(path: parent, flags: O_RDONLY).synchronize()
    } catch {
      try? manager.removeItem(atPath: temporary)
      throw error
    }
    try? manager.removeItem(atPath: replaced)
  }

  /// Whether two paths lead to the same folder.
  public static func isSame(_ path: String, _ other: String) -> Bool {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    return resolved(path) == resolved(other)
  }

  private static func rename(_ path: String, to other: String) throws {
    guard Foundation.rename(path, other) == 0 else {
      throw FormatsError.system(path: other, operation: "rename to", code: errno)
    }
  }
}
