import Decoding
import Formats
import Foundation
import TestSupport
import Testing
import Tokenizers

@testable import Evaluation

@Suite("Runs that are interrupted go on")
struct ComparisonRunTests {
  private let tokenizer: Tokenizer
  private let folder: Sample.Folder

  init() throws {
    tokenizer = try Sample.tokenizer.get()
    folder = try Sample.Folder()
  }

  private var task: QuestionTask {
    QuestionTask(
      name: "letters", examples: (0..<11).map { TaskExample(prompt: "\($0)", answer: "x") }, rule: .exact,
      maximumTokens: 6)
  }

  private func systems() -> [EvaluatedSystem] {
    [("base", 1), ("proxied", 2)].map { name, seed in
      EvaluatedSystem(
        name: name, model: TableModel(seed: UInt64(seed), vocabularySize: tokenizer.vocabularySize),
        tokenizer: tokenizer, fingerprint: "model \(seed)")
    }
  }

  private func tokens(_ systems: [EvaluatedSystem]) -> Int {
    systems.reduce(0) { $0 + (($1.model as? TableModel)?.tokens ?? 0) }
  }

  private func run(_ name: String, systems: [EvaluatedSystem], batches: Int = .max) throws -> Comparison? {
    let log = try AnswerLog(path: "\(folder.path)/\(name).jsonl")
    let timings = try TimingLog(path: "\(folder.path)/\(name)-timings.jsonl")
    var asked = 0
    return try ComparisonRun(systems, log: log, timings: timings, rowsPerBatch: 4).run(task) {
      asked += 1
      return asked > batches
    }
  }

  private func file(_ name: String) throws -> String {
    try String(contentsOfFile: "\(folder.path)/\(name).jsonl", encoding: .utf8)
  }

  @Test("stopped anywhere, it goes on where it was, and leaves the same file")
  func resumes() throws {
    let whole = try #require(try run("whole", systems: systems()))
    let lines = try file("whole").split(separator: "\n")
    #expect(lines.count == 22)
    for stop in [0, 1, 2, 4] {
      let first = systems()
      #expect(try run("part-\(stop)", systems: first, batches: stop) == nil)
      let second = systems()
      let resumed = try #require(try run("part-\(stop)", systems: second))
      #expect(try file("part-\(stop)") == file("whole"))
      #expect(resumed.systems.map(\.rows) == whole.systems.map(\.rows))
      // No row is asked twice: both runs together read what one does.
      let once = systems()
      _ = try ComparisonRun(once, rowsPerBatch: 4).run(task)
      #expect(tokens(first) + tokens(second) == tokens(once))
    }
    // A run that is done asks nothing.
    let idle = systems()
    _ = try run("whole", systems: idle)
    #expect(tokens(idle) == 0)
  }

  @Test("prompts that are too long are counted as wrong; they stop nothing and are never left out")
  func tooLong() throws {
    var task = self.task
    let long = String(repeating: "word ", count: 80)
    task.examples[2].prompt = long
    task.examples[9].prompt = long
    let whole = try #require(try ComparisonRun(systems(), log: nil, rowsPerBatch: 4).run(task))
    let log = try AnswerLog(path: folder.path + "/long.jsonl")
    _ = try ComparisonRun(systems(), log: log, rowsPerBatch: 4).run(task)
    // Read back from the file, it is the same.
    let idle = systems()
    let again = try #require(
      try ComparisonRun(idle, log: try AnswerLog(path: folder.path + "/long.jsonl"), rowsPerBatch: 4).run(
        task))
    #expect(tokens(idle) == 0)
    for comparison in [whole, again] {
      for system in comparison.systems {
        #expect(system.rows.map(\.row) == Array(0..<11) && system.estimate.count == 11)
        #expect(system.tooLongCount == 2 && system.rows[9].grade == .unparsed)
        #expect(system.unparsedCount == system.rows.count { $0.grade.answer == nil } - 2)
        guard case .tooLong(let needed, let limit) = system.rows[2].response else {
          Issue.record("the row was asked")
          continue
        }
        #expect(needed > limit && limit == 64)
      }
      #expect(comparison.json["systems"]?["base"]?["too_long"] == 2)
      #expect(comparison.table.contains("2 too long"))
      #expect(comparison.warnings.contains { $0.contains("too long") && $0.contains("2 for proxied") })
    }
  }

  @Test("choices and documents that are too long: the ones count as wrong, the others are read in windows")
  func tooLongToScore() throws {
    let question = ChoiceQuestion(
      question: "Which?", choices: ["a", String(repeating: "word ", count: 80)], correct: [0])
    let task = try LikelihoodChoiceTask(
      name: "t", questions: [question, ChoiceQuestion(question: "?", choices: ["a", "b"], correct: [0])],
      path: "")
    let model = systems()[0].model
    let result = try Evaluator(tokenizer: tokenizer).run(task, model: model, name: "base")
    #expect(result.tooLongCount == 1 && result.rows[0].grade == .unparsed && result.scores.count == 2)
    let text = try TextTask(rows: Sample.rows([["document": String(repeating: "word ", count: 80)]]))
    let read = try Evaluator(tokenizer: tokenizer).run(text, model: model, name: "base")
    #expect(read.tooLongCount == 0 && read.weights[0] > 300)
  }

  @Test("a torn last line is dropped, and its rows asked again; the file ends up the same")
  func tornLine() throws {
    _ = try run("whole", systems: systems())
    let whole = try file("whole")
    for length in [1, 100, whole.utf8.count / 2, whole.utf8.count - 1] {
      let path = "\(folder.path)/torn.jsonl"
      try String(decoding: whole.utf8.prefix(length), as: UTF8.self).write(
        toFile: path, atomically: true, encoding: .utf8)
      _ = try run("torn", systems: systems())
      #expect(try file("torn") == whole)
    }
  }

  @Test("a damaged line that isn't the last is refused with its number")
  func damaged() throws {
    try "{\"row\":1}\n".write(toFile: folder.path + "/bad.jsonl", atomically: true, encoding: .utf8)
    do {
      _ = try AnswerLog(path: folder.path + "/bad.jsonl")
      Issue.record("it was read")
    } catch {
      #expect("\(error)".contains("bad.jsonl:1"))
    }
  }

  @Test("another model or another question is asked anew")
  func keys() throws {
    _ = try run("keys", systems: systems())
    var others = systems()
    others[0] = EvaluatedSystem(
      name: "base", model: others[0].model, tokenizer: tokenizer, fingerprint: "another")
    _ = try run("keys", systems: others)
    #expect(try file("keys").split(separator: "\n").count == 33)
  }

  @Test("lines read back as they were written")
  func roundTrip() throws {
    let rows = [
      AnsweredRow(
        row: 3,
        response: .texts([
          GeneratedText("a\n\"b\"", tokenCount: 2, isComplete: false, changedTokens: 1),
          GeneratedText("é", tokenCount: 1),
        ]), grade: Grade(0.25, answer: nil, weight: 2, measures: ["f1": 0.5, "a": 1])),
      AnsweredRow(
        row: 4,
        response: .likelihoods([
          Likelihood(logProbability: -1.25, tokenCount: 2, byteCount: 3),
          Likelihood(logProbability: -.infinity, tokenCount: 1, byteCount: 1),
        ]), grade: Grade(1, answer: "A")),
    ]
    for row in rows {
      let line = row.json(
        task: task, key: .init(task: "t", system: "s", row: row.row), systemName: "base"
      ).text()
      #expect(AnsweredRow(json: try JSON.parse(line, source: "line"), row: row.row) == row)
    }
  }

  @Test("draws depend on row and sample, not on the company")
  func draws() throws {
    let model = TableModel(seed: 5, vocabularySize: tokenizer.vocabularySize)
    var sampling = SamplingOptions()
    sampling.temperature = 1
    let queries = (0..<6).map { row in
      (
        row: row,
        query: Query.generation(
          GenerationQuery(prompt: "\(row)", maximumTokens: 5, sampling: sampling, samples: 3))
      )
    }
    let evaluator = Evaluator(tokenizer: tokenizer)
    let together = try evaluator.responses(to: queries, model: model)
    #expect(try evaluator.responses(to: Array(queries[4...]), model: model) == Array(together[4...]))
    #expect(Set(together[0].texts).count > 1)
  }

  @Test("a token that an answer mustn't begin with may still follow")
  func forbiddenFirst() throws {
    let model = TableModel(seed: 5, vocabularySize: tokenizer.vocabularySize)
    var query = GenerationQuery(prompt: "1", maximumTokens: 1)
    let evaluator = Evaluator(tokenizer: tokenizer)
    func said(_ query: GenerationQuery) throws -> String {
      try evaluator.responses(to: [(0, .generation(query))], model: model)[0].text
    }
    let first = try said(query)
    query.forbiddenFirst = [first]
    #expect(try said(query) != first)
    #expect(Query.generation(query).description.contains("not first"))
    // What comes second may be forbidden to come first.
    query = GenerationQuery(prompt: "1", maximumTokens: 2)
    let both = try said(query)
    query.forbiddenFirst = [String(both.dropFirst(first.count))]
    #expect(try said(query) == both)
  }

  @Test("forbidden tokens are never said")
  func forbidden() throws {
    let model = TableModel(seed: 5, vocabularySize: tokenizer.vocabularySize)
    var query = GenerationQuery(prompt: "1", maximumTokens: 1)
    let evaluator = Evaluator(tokenizer: tokenizer)
    let said = try evaluator.responses(to: [(0, .generation(query))], model: model)[0].text
    query.forbidden = [said]
    let other = try evaluator.responses(to: [(0, .generation(query))], model: model)[0].text
    #expect(said != other)
  }
}
