import Foundation

/// Files that are either whole or not there.
///
/// The content goes to a temporary name in the same folder, is flushed to the disk, and then takes its real
/// name in one step, so that a reader (or a crash) never sees half of it. A failure leaves the old file, if
/// there was one, and removes the temporary one.
public enum AtomicFile {
  /// Writes the file at `path`, replacing what was there, with what `body` hands to the writer.
  ///
  /// Folders above it that are missing are made.
  /// A device or a pipe (`/dev/stdout`) is written in place: there is nothing to replace.
  ///
  /// - Throws: `FormatsError` (74 when the disk is full or the folder not writable), or what `body` throws.
  public static func write(to path: String, _ body: (borrowing FileWriter) throws -> Void) throws {
    try replace(path) { temporary in
      let writer = FileWriter(
        try FileDescriptor(path: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC))
      do {
        try body(writer)
        try writer.synchronize()
      } catch FormatsError.system(temporary, let operation, let code) {
        // The person knows the file by its real name.
        throw FormatsError.system(path: path, operation: operation, code: code)
      }
    }
  }

  /// Writes `text` to `path` as UTF-8.
  public static func write(_ text: String, to path: String) throws {
    try write(to: path) { try $0.write(text) }
  }

  /// Runs `create` on a temporary path, then renames that file to `path`; for writers that open by name.
  static func replace(_ path: String, with create: (_ temporary: String) throws -> Void) throws {
    let target = try Target(path)
    guard !target.isInPlace else { return try create(target.path) }
    let temporary = try target.reserve()
    do {
      try create(temporary)
      guard rename(temporary, target.path) == 0 else { throw FormatsError.last("rename to", path) }
      try FileDescriptor(path: target.folder, flags: O_RDONLY).synchronize()
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// The file that a path means: behind its symbolic links, and whether it can be replaced.
  private struct Target {
    let path: String
    let folder: String
    let isInPlace: Bool

    init(_ path: String) throws {
      var status = stat()
      guard stat(path, &status) == 0, let resolved = realpath(path, nil) else {
        self.path = path
        folder = Self.folder(of: path)
        isInPlace = false
        return
      }
      defer { free(resolved) }
      let kind = status.st_mode & S_IFMT
      guard kind != S_IFDIR else {
        throw FormatsError.system(path: path, operation: "write", code: EISDIR)
      }
      self.path = String(cString: resolved)
      folder = Self.folder(of: self.path)
      isInPlace = kind != S_IFREG
    }

    static func folder(of path: String) -> String {
      guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
      return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Creates an empty file beside the target, under a name that nobody else has, and the folder if it is missing.
    func reserve() throws -> String {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      var attempt = 0
      var hasFolder = false
      while true {
        let temporary = "\(folder)/.\(name).\(getpid()).\(attempt).partial"
        let number = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if number >= 0 {
          close(number)
          return temporary
        }
        let code = errno
        if code == ENOENT, !hasFolder {
          try Folder.create(folder)
          hasFolder = true
          continue
        }
        guard code == EEXIST else {
          throw FormatsError.system(path: path, operation: "write", code: code)
        }
        attempt += 1
      }
    }
  }
}
