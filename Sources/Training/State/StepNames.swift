import Foundation

/// How folders that belong to a step are named: `step-00000120`.
enum StepNames {
  private static let prefix = "step-"

  static func name(of step: Int) -> String {
    let digits = String(step)
    return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// The steps that have a folder in `folder`, newest first.
  static func steps(in folder: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }.sorted(by: >)
  }
}
