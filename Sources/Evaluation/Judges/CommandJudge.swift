import Formats
import Foundation

/// A program of the user's that judges or classifies: a JSON object a line in, one a line out, in their order.
public struct CommandJudge: ExternalJudge {
  private let command: String

  /// - Parameter command: A line of shell.
  public init(_ command: String) { self.command = command }

  public var fingerprint: String { "command \(command)" }

  /// What the command writes for each line.
  ///
  /// - Throws: `EvaluationError.command` where that isn't a verdict a line.
  public func verdicts(on lines: [JSON]) throws -> [Double?] {
    if lines.isEmpty { return [] }
    let folder = FileManager.default.temporaryDirectory.path + "/trimtab-judge-\(UUID().uuidString)"
    try Folder.create(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (questions, verdicts) = (folder + "/questions.jsonl", folder + "/verdicts.jsonl")
    try AtomicFile.write(lines.map { $0.text() + "\n" }.joined(), to: questions)
    try AtomicFile.write("", to: verdicts)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    // Files, not pipes: neither side ever waits for the other.
    process.standardInput = FileHandle(forReadingAtPath: questions)
    process.standardOutput = FileHandle(forWritingAtPath: verdicts)
    do {
      try process.run()
    } catch {
      throw EvaluationError.command(command, problem: error.localizedDescription)
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw EvaluationError.command(command, problem: "it ended with \(process.terminationStatus)")
    }
    let answers = try Array(JSONLines(path: verdicts)).map { try $0.json() }
    guard answers.count == lines.count else {
      throw EvaluationError.command(command, problem: "\(answers.count) lines for \(lines.count) questions")
    }
    return try answers.map { answer in
      do throws(TransportFailure) {
        return try Self.verdict(in: answer)
      } catch {
        throw EvaluationError.command(command, problem: error.text)
      }
    }
  }
}
