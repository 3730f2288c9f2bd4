import Diagnostics
import Formats
import Foundation
import Testing

/// Files that the tests read but the package doesn't carry: `TRIMTAB_SHARED`, or `shared` beside the package.
enum Shared {
  static let folder: String =
    ProcessInfo.processInfo.environment["TRIMTAB_SHARED"]
    ?? URL(filePath: #filePath).appending(path: "../../../../shared").standardized.path

  static func path(_ relative: String) -> String { "\(folder)/\(relative)" }

  static func has(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: path(relative)) }

  /// The files of a shared folder, sorted; none when it is missing.
  static func files(in relative: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(relative))) ?? []).sorted()
  }
}

/// A folder of its own for one test, removed afterwards.
func withTemporaryFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
  let folder = NSTemporaryDirectory() + "trimtab-formats-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The one-line message of the error that `body` throws, or nil when it doesn't.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The exit code of the error that `body` throws, or nil when it doesn't; quicker than `#expect(throws:)`.
func exitCode(_ body: () throws -> Void) -> Diagnostics.ExitStatus? {
  do {
    try body()
    return nil
  } catch {
    return (error as? FormatsError)?.diagnostics.first?.exitCode
  }
}
