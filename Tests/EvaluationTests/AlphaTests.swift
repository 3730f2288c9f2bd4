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

  @Test("written answers: each strength its own, kept in the log")
  func written() throws {
    let folder = try Sample.Folder()
    let task = QuestionTask(
      name: "t", examples: (0..<3).map { TaskExample(prompt: "\($0)", answer: "x") }, rule: .exact,
      maximumTokens: 3)
    func sweep(_ shouldStop: () -> Bool = { false }) throws -> AlphaSweep? {
      try AlphaSweep(
        task: task, proxied: proxied, tokenizer: tokenizer, alphas: [1], fingerprint: "parts",
        log: try AnswerLog(path: folder.path + "/sweep.jsonl"), shouldStop: shouldStop)
    }
    #expect(try sweep { true } == nil)
    #expect(try sweep()?.points.count == 2)
    let before = base.tokens
    #expect(try sweep()?.points.count == 2)
    #expect(base.tokens == before)
  }

  @Test("without labels: by how likely the prompts are")
  func unlabelled() throws {
    let prompts = ["one two three", "four five"].map { tokenizer.encode($0) }
    let sweep = try AlphaSweep(prompts: prompts, proxied: proxied, tokenizer: tokenizer, alphas: [1])
    for point in sweep.points {
      let scores = try prompts.map { try proxied.with(alpha: point.alpha).score($0).logProbabilities }
      let all = scores.joined().compactMap { $0 }
      #expect(abs(point.estimate.mean + all.reduce(0, +) / Double(all.count)) < 1e-6)
    }
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
      AlphaChoice(sweep(scores, higher: higher), expert: expert.map { Estimate([$0]) }).system
    }
    #expect(chosen([(0, 0.1), (0.5, 0.3), (1, 0.2)]) == .proxied(alpha: 0.5))
    #expect(chosen([(0, 0.1), (0.5, 0.3), (1, 0.3), (2, 0.3)]) == .proxied(alpha: 1))
    #expect(chosen([(0, 0.4), (0.5, 0.3), (1, 0.2)]) == .base)
    #expect(chosen([(0, 0.3), (1, 0.3)]) == .base)
    #expect(chosen([(0, 0.1), (1, 0.3)], expert: 0.2) == .proxied(alpha: 1))
    #expect(chosen([(0, 0.1), (1, 0.3)], expert: 0.5) == .expert)
    #expect(chosen([(0, 0.5), (1, 0.3)], expert: 0.4) == .base)
    #expect(chosen([(0, 0.9), (1, 0.7), (2, 0.8)], expert: 0.75, higher: false) == .proxied(alpha: 1))
    #expect(chosen([(0, 0.9), (1, 0.7)], expert: 0.6, higher: false) == .expert)
    #expect(chosen([(0, 0.6), (1, 0.7)], expert: 0.8, higher: false) == .base)
  }

  @Test("it says why")
  func reasons() {
    let fallback = AlphaChoice(sweep([(0, 0.4), (1, 0.2)]))
    #expect(fallback.reason.contains("falling back to the base") && fallback.reason.contains("40.0 %"))
    let chosen = AlphaChoice(sweep([(0, 0.1), (1.25, 0.3)]), expert: Estimate([0.2]))
    #expect(chosen.reason.contains("α = 1.25") && chosen.reason.contains("20.0 %"))
  }
}
