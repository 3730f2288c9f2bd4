import Decoding
import Foundation
import Proxy
import TestSupport
import Testing
import Tokenizers

@testable import Evaluation

@Suite("Choosing the strength of the offset")
struct AlphaTests {
  private let tokenizer: Tokenizer
  private let proxied: ProxiedModel
  private let base: TableModel

  init() throws {
    tokenizer = try Sample.tokenizer.get()
    let size = tokenizer.vocabularySize
    base = TableModel(seed: 1, vocabularySize: size)
    proxied = ProxiedModel(
      base: base,
      steerings: [
        Steering(
          expert: TableModel(seed: 2, vocabularySize: size),
          antiexpert: TableModel(seed: 3, vocabularySize: size), vocabulary: .shared(count: size))
      ], alpha: 1, compute: try .exact(threads: 2))
  }

  @Test("one pass for all strengths scores as one pass for each")
  func shared() throws {
    let questions = (0..<5).map { row in
      ChoiceQuestion(question: "Question \(row)?", choices: ["yes", "no", "who knows"], correct: [row % 3])
    }
    let task = try LikelihoodChoiceTask(name: "t", questions: questions, score: .mass, path: "")
    let alphas: [Float] = [0.5, 1, 2]
    let sweep = try #require(
      try AlphaSweep(task: task, proxied: proxied, tokenizer: tokenizer, alphas: alphas))
    #expect(sweep.points.map(\.alpha) == [0, 0.5, 1, 2])
    let before = base.tokens
    _ = try AlphaSweep(task: task, proxied: proxied, tokenizer: tokenizer, alphas: [1])
    let once = base.tokens - before
    _ = try AlphaSweep(task: task, proxied: proxied, tokenizer: tokenizer, alphas: alphas)
    #expect(base.tokens - before == 2 * once)
    for point in sweep.points {
      let apart = try Evaluator(tokenizer: tokenizer).run(
        task, model: proxied.with(alpha: point.alpha), name: "proxied")
      #expect(abs(apart.estimate.mean - point.estimate.mean) < 1e-6)
    }
    #expect(
      abs(
        sweep.points[0].estimate.mean
          - (try Evaluator(tokenizer: tokenizer).run(task, model: base, name: "base").estimate.mean)) < 1e-6)
  }

  @Test("documents longer than the context are read in the windows that a single model reads them in")
  func documents() throws {
    let words = (0..<90).map { "w\($0)" }.joined(separator: " ")
    let task = try TextTask(rows: Sample.rows([["document": words], ["document": "one two"]]))
    let sweep = try #require(
      try AlphaSweep(task: task, proxied: proxied, tokenizer: tokenizer, alphas: [0.5, 1]))
    for point in sweep.points {
      let apart = try Evaluator(tokenizer: tokenizer).run(
        task, model: proxied.with(alpha: point.alpha), name: "proxied")
      #expect(abs(apart.estimate.mean - point.estimate.mean) < 1e-6)
    }
    #expect(tokenizer.encode(words).count > base.contextLength)
  }

  // MARK: - Written answers

  /// Questions of more than a few tokens, and answers that differ by strength.
  private func questions(_ count: Int, maximumTokens: Int = 3) -> QuestionTask {
    QuestionTask(
      name: "t",
      examples: (0..<count).map { TaskExample(prompt: "What is \($0) plus one?", answer: "x") }, rule: .exact,
      stops: [], maximumTokens: maximumTokens)
  }

  @Test("each strength writes what it writes alone, behind a prompt that is read once for all")
  func written() throws {
    let (task, alphas) = (questions(5), [0, 0.5, 1, 2] as [Float])
    let queries = (0..<task.rowCount).compactMap { row -> (row: Int, query: GenerationQuery)? in
      if case .generation(let query) = task.query(row) { (row, query) } else { nil }
    }
    let evaluator = Evaluator(tokenizer: tokenizer)
    let together = try evaluator.responses(to: queries, model: proxied, alphas: alphas)
    for (place, alpha) in alphas.enumerated() {
      let apart = try evaluator.responses(
        to: queries.map { ($0.row, .generation($0.query)) }, model: proxied.with(alpha: alpha))
      #expect(together.map { $0[place].text } == apart.map(\.text))
    }
    #expect(Set(together[0].map(\.text)).count > 1)
    // Of one token each, so that all that is read are the prompts: but for their last token, once.
    let short = questions(5, maximumTokens: 1)
    let before = base.tokens
    _ = try AlphaSweep(task: short, proxied: proxied, tokenizer: tokenizer, alphas: alphas)
    let prompts = queries.map { tokenizer.encode($0.query.prompt).count }
    #expect(base.tokens - before == prompts.reduce(0) { $0 + $1 - 1 } + alphas.count * prompts.count)
  }

  @Test("stopped anywhere, a sweep goes on with the rows that are left, and leaves the same file")
  func resumed() throws {
    let folder = try Sample.Folder()
    // Strengths times rows are more than one batch holds.
    let (task, alphas) = (questions(10), (1...16).map { Float($0) / 4 })
    func sweep(_ name: String, batches: Int = .max) throws -> AlphaSweep? {
      var asked = 0
      return try AlphaSweep(
        task: task, proxied: proxied, tokenizer: tokenizer, alphas: alphas, fingerprint: "parts",
        log: try AnswerLog(path: "\(folder.path)/\(name).jsonl")
      ) {
        asked += 1
        return asked > batches
      }
    }
    /// How many tokens a sweep reads, and whether it came to its end.
    func tokens(_ name: String, batches: Int = .max) throws -> (read: Int, isWhole: Bool) {
      let before = base.tokens
      let isWhole = try sweep(name, batches: batches)?.points.count == 17
      return (base.tokens - before, isWhole)
    }
    let once = try tokens("whole")
    #expect(once.isWhole)
    for stop in [0, 1, 3] {
      let first = try tokens("part-\(stop)", batches: stop)
      let second = try tokens("part-\(stop)")
      #expect(!first.isWhole && second.isWhole && (first.read > 0) == (stop > 0))
      #expect(first.read + second.read == once.read)
      #expect(
        try String(contentsOfFile: "\(folder.path)/part-\(stop).jsonl", encoding: .utf8)
          == String(contentsOfFile: "\(folder.path)/whole.jsonl", encoding: .utf8))
    }
    #expect(try tokens("whole").read == 0)
  }

  @Test("a likelihood that has been kept isn't asked for again")
  func keptLikelihoods() throws {
    let folder = try Sample.Folder()
    let task = try TextTask(rows: Sample.rows([["document": "one two three"], ["document": "four five"]]))
    func sweep() throws -> AlphaSweep? {
      try AlphaSweep(
        task: task, proxied: proxied, tokenizer: tokenizer, alphas: [1],
        log: try AnswerLog(path: folder.path + "/sweep.jsonl"))
    }
    let first = try #require(try sweep())
    let before = base.tokens
    #expect(try sweep()?.points == first.points && base.tokens == before)
  }

  // MARK: - Prompts

  @Test("without labels: by how likely the prompts are")
  func unlabelled() throws {
    let prompts = ["one two three", "four five"].map { tokenizer.encode($0) }
    let sweep = try AlphaSweep(prompts: prompts, proxied: proxied, tokenizer: tokenizer, alphas: [1])
    for point in sweep.points {
      let scores = try prompts.map { try proxied.with(alpha: point.alpha).score($0).logProbabilities }
      let all = scores.joined().compactMap { $0 }
      #expect(abs(point.estimate.mean + all.reduce(0, +) / Double(all.count)) < 1e-6)
    }
    let long = [TokenID](repeating: 5, count: 100)
    #expect(try AlphaSweep(prompts: [long], proxied: proxied, tokenizer: tokenizer).rowCount == 1)
    #expect(throws: EvaluationError.self) {
      try AlphaSweep(prompts: [[1]], proxied: proxied, tokenizer: tokenizer)
    }
  }

  private func sweep(_ scores: [(Float, Double)], higher: Bool = true) -> AlphaSweep {
    AlphaSweep(
      metric: Metric("m", isHigherBetter: higher),
      points: scores.map { .init(alpha: $0.0, estimate: Estimate([$0.1])) }, rowCount: 1)
  }

  @Test("the best strength; of equals the nearest to 1; alone what is better alone")
  func choice() {
    func chosen(
      _ scores: [(Float, Double)], expert: Double? = nil, higher: Bool = true
    ) -> AlphaChoice.System {
      AlphaChoice(sweep(scores, higher: higher), experts: expert.map { [("expert", Estimate([$0]))] } ?? [])
        .system
    }
    #expect(chosen([(0, 0.1), (0.5, 0.3), (1, 0.2)]) == .proxied(alpha: 0.5))
    #expect(chosen([(0, 0.1), (0.5, 0.3), (1, 0.3), (2, 0.3)]) == .proxied(alpha: 1))
    #expect(chosen([(0, 0.4), (0.5, 0.3), (1, 0.2)]) == .alone("base"))
    #expect(chosen([(0, 0.3), (1, 0.3)]) == .alone("base"))
    #expect(chosen([(0, 0.1), (1, 0.3)], expert: 0.2) == .proxied(alpha: 1))
    #expect(chosen([(0, 0.1), (1, 0.3)], expert: 0.5) == .alone("expert"))
    #expect(chosen([(0, 0.5), (1, 0.3)], expert: 0.4) == .alone("base"))
    #expect(chosen([(0, 0.9), (1, 0.7), (2, 0.8)], expert: 0.75, higher: false) == .proxied(alpha: 1))
    #expect(chosen([(0, 0.9), (1, 0.7)], expert: 0.6, higher: false) == .alone("expert"))
    #expect(chosen([(0, 0.6), (1, 0.7)], expert: 0.8, higher: false) == .alone("base"))
  }

  @Test("the best of several experts")
  func severalExperts() {
    let choice = AlphaChoice(
      sweep([(0, 0.1), (1, 0.3)]), experts: [("expert", Estimate([0.2])), ("expert 2", Estimate([0.4]))])
    #expect(choice.system == .alone("expert 2") && choice.reason.contains("the expert 2 alone"))
  }

  @Test("it says why")
  func reasons() {
    let fallback = AlphaChoice(sweep([(0, 0.4), (1, 0.2)]))
    #expect(fallback.reason.contains("falling back to the base") && fallback.reason.contains("40.0 %"))
    let chosen = AlphaChoice(sweep([(0, 0.1), (1.25, 0.3)]), experts: [("expert", Estimate([0.2]))])
    #expect(chosen.reason.contains("α = 1.25") && chosen.reason.contains("20.0 %"))
  }
}
