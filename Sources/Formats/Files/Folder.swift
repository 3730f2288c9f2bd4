import Foundation

/// Folders that are to be written into.
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
}
