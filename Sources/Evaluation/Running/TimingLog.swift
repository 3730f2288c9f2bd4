import Formats
import Foundation

/// How long batches of answers took: a file of JSON lines beside the answers, which hold no durations.
public final class TimingLog {
  private let file: AppendedFile
  private var sums: [String: Timing] = [:]

  /// Opens the log, or begins one; lines that can't be read are passed over, for no answer depends on them.
  public init(path: String) throws {
    try Folder.create((path as NSString).deletingLastPathComponent)
    file = try AppendedFile(path: path)
    try AppendedFile.dropTornLine(path)
    for line in try JSONLines(path: path) {
      guard let json = try? line.json(), let task = json["task_fingerprint"]?.stringValue,
        let system = json["system_fingerprint"]?.stringValue, let seconds = json["seconds"]?.doubleValue,
        let tokens = json["tokens"]?.intValue
      else { continue }
      sums[task + system, default: Timing()] =
        sums[task + system, default: Timing()] + Timing(seconds: seconds, tokenCount: tokens)
    }
  }

  /// What a system took for a task, in all runs.
  func timing(task: Fingerprint, system: String) -> Timing { sums["\(task)" + system] ?? Timing() }

  func add(_ timing: Timing, task: Fingerprint, system: String) throws {
    sums["\(task)" + system] = self.timing(task: task, system: system) + timing
    let line: JSON = [
      "task_fingerprint": .string("\(task)"), "system_fingerprint": .string(system),
      "seconds": .number(timing.seconds), "tokens": .integer(timing.tokenCount),
    ]
    try file.append(line.utf8() + [UInt8(ascii: "\n")])
  }
}
