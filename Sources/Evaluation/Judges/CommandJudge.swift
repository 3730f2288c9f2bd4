import Formats
import Foundation

/// A program of the user's that judges or classifies: a JSON object a line in, one a line out, in their order.
///
/// A judge reads `{"question":…,"first":…,"second":…}` and a classifier `{"question":…,"answer":…}`; both write
/// `{"probability":p}`, or null where they can't say.
public struct CommandJudge {
  private let command: String

  /// - Parameter command: A line of shell.
  public init(_ command: String) { self.command = command }

  public var fingerprint: String { "command \(command)" }

  /// What the command writes for each line.
  private func probabilities(_ lines: [JSON]) throws -> [Double?] {
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
      guard let verdict = answer["probability"] else {
        throw EvaluationError.command(command, problem: "a line without \"probability\": \(answer.text())")
      }
      guard let probability = verdict.doubleValue else { return nil }
      guard (0...1).contains(probability) else {
        throw EvaluationError.command(command, problem: "\(probability) is no probability")
      }
      return probability
    }
  }
}

extension CommandJudge: AnswerJudge {
  public func preferences(_ pairs: [AnswerPair]) throws -> [Double?] {
    try probabilities(
      pairs.map {
        ["question": .string($0.question), "first": .string($0.first), "second": .string($0.second)]
      })
  }
}

extension CommandJudge: AnswerClassifier {
  public func probabilities(_ answers: [JudgedAnswer]) throws -> [Double?] {
    try probabilities(answers.map { ["question": .string($0.question), "answer": .string($0.answer)] })
  }
}
