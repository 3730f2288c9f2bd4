import Foundation

/// The reference data beside the checkout, which isn't part of the package.
enum SharedData {
  /// The folder, or nil where it is missing.
  static let folder: String? = {
    let named = ProcessInfo.processInfo.environment["TRIMTAB_SHARED"]
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = named ?? root.deletingLastPathComponent().appendingPathComponent("shared").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  /// A file or folder in it that exists, or nil after saying that the test is skipped.
  static func path(_ relative: String) -> String? {
    guard let folder, FileManager.default.fileExists(atPath: "\(folder)/\(relative)") else {
      print("skipped: shared/\(relative) is not here")
      return nil
    }
    return "\(folder)/\(relative)"
  }
}

/// Counts vectors, so that a test can say how many passed.
struct Tally {
  private(set) var passed = 0
  private(set) var total = 0
  private(set) var failures: [String] = []

  mutating func check(_ isRight: Bool, _ description: @autoclosure () -> String) {
    total += 1
    if isRight { passed += 1 } else if failures.count < 8 { failures.append(description()) }
  }

  var summary: String { "passed \(passed) of \(total)" }
}
