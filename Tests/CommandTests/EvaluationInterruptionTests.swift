import Formats
import Foundation
import Testing

@Suite("Evaluations that are interrupted repeat no row")
struct EvaluationInterruptionTests {
  private let folder: TemporaryFolder
  /// The answers of the evaluation that nobody interrupted, and how many batches of rows it asked.
  private let expected: (answers: Data, batches: Int)

  /// Sixty questions for two systems, three rows a batch.
  private static let rowCount = 60

  init() throws {
    folder = try TemporaryFolder()
    let lines = (0..<Self.rowCount).map { row in
      #"{"prompt": "What is \#(row) plus \#(row % 7)?", "response": "\#(row + row % 7)"}"#
    }
    let questions = try folder.write(lines.joined(separator: "\n") + "\n", to: "questions.jsonl")
    let imported = try Command.run([
      "data", "import", "--format", "prompt-response", questions, "--split", "test", "--output",
      folder.path + "/questions.h5",
    ])
    try #require(imported.status == 0, "\(imported.errors)")
    let models = Command.root.path + "/checkpoints/demo"
    _ = try folder.write(
      """
      kind: evaluate
      precision: fp32
      threads: 1
      output: run
      systems: {base: \(models)/large, tuned: \(models)/small}
      tasks: [{task: question, data: questions.h5, rule: final, max_tokens: 24}]
      batch_rows: 3
      """, to: "recipe.yaml")
    let whole = try Command.run(["evaluate", "recipe.yaml", "--set", "output=whole"], in: folder.path)
    try #require(whole.status == 0, "\(whole.errors)")
    expected = (
      try folder.read("whole/answers.jsonl"), try Self.lineCount(folder.read("whole/timings.jsonl"))
    )
    try #require(expected.batches == 2 * Self.rowCount / 3)
  }

  private static func lineCount(_ data: Data) -> Int { data.count { $0 == UInt8(ascii: "\n") } }

  private func lines(of name: String) -> Int { (try? folder.read("run/\(name)")).map(Self.lineCount) ?? 0 }

  /// Starts or goes on, and sends `signal` once so many rows are answered; how the process ended.
  private func interrupt(_ signal: Int32, afterRows count: Int) throws -> Process {
    let (process, _, _) = try Command.start(["evaluate", "recipe.yaml"], in: folder.path)
    while process.isRunning, lines(of: "answers.jsonl") < count { usleep(200) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process
  }

  /// Goes on to the end, and asks no row that has been answered.
  private func finish() throws {
    let answered = lines(of: "answers.jsonl")
    let asked = lines(of: "timings.jsonl")
    try #require(answered < 2 * Self.rowCount, "the evaluation ended before it was interrupted")
    let outcome = try Command.run(["evaluate", "recipe.yaml"], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(try folder.read("run/answers.jsonl") == expected.answers)
    // A batch that was only half written down is asked again whole.
    #expect(lines(of: "timings.jsonl") - asked == expected.batches - answered / 3)
    let idle = try Command.run(["evaluate", "recipe.yaml"], in: folder.path)
    #expect(idle.status == 0 && idle.output == outcome.output)
    #expect(lines(of: "timings.jsonl") - asked == expected.batches - answered / 3)
  }

  @Test("kill -9 in the middle of a system's rows, twice")
  func killed() throws {
    for count in [10, 70] {
      let process = try interrupt(SIGKILL, afterRows: count)
      #expect(process.terminationReason == .uncaughtSignal)
    }
    try finish()
  }

  @Test("Ctrl-C ends with 130 after the batch at hand, and the same command goes on")
  func stopped() throws {
    let process = try interrupt(SIGINT, afterRows: 30)
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    #expect(lines(of: "answers.jsonl") % 3 == 0)
    try finish()
  }

  @Test("a disk that is full ends it with 74; what was answered until then is kept")
  func diskFull() throws {
    let limited = try Command.shell("ulimit -f 8; exec \"$0\" evaluate recipe.yaml", in: folder.path)
    #expect(limited.status == 74 && limited.errors.contains("answers.jsonl"), "\(limited.errors)")
    try finish()
  }
}
