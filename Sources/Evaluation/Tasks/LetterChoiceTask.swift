import Foundation

/// Multiple choice by the letter: the choices stand in the prompt, the answer is one of the letters.
public struct LetterChoiceTask: RowGradedTask, Sendable {
  /// How the letter is found.
  public enum Reading: String, Sendable, Hashable, CaseIterable {
    /// The likeliest of the letters: only they are weighed, so nothing needs to be parsed.
    case probability
    /// The letter that a greedy answer begins with; an answer without one is wrong.
    case generation
  }

  public let name: String
  public let metric = Metric.accuracy
  private let reading: Reading
  private let questions: [ChoiceQuestion]
  private let prompts: [String]

  public init(
    name: String, questions: [ChoiceQuestion], reading: Reading, presentation: Presentation = .plain,
    path: String
  ) throws {
    self.name = name
    self.questions = questions
    self.reading = reading
    prompts = try questions.enumerated().map {
      try presentation.text($1.letterPrompt, path: path, row: $0)
    }
  }

  public var rule: String { "letter by \(reading.rawValue)" }
  public var rowCount: Int { questions.count }
  public func reference(_ row: Int) -> String { questions[row].reference }

  public func query(_ row: Int) -> Query {
    switch reading {
    case .probability:
      .likelihood(
        prompt: prompts[row],
        continuations: ChoiceLetter.letters(questions[row].choices.count).map {
          TaskPrompt.continuation($0, of: prompts[row])
        })
    case .generation: .generation(GenerationQuery(prompt: prompts[row], maximumTokens: 10))
    }
  }

  public func grade(_ response: Response, row: Int) -> Grade {
    let question = questions[row]
    switch reading {
    case .generation:
      guard let index = ChoiceLetter.index(in: response.text, choices: question.choices) else {
        return .unparsed
      }
      return Grade(
        question.correct.contains(index) ? 1 : 0, answer: ChoiceLetter.letters(question.choices.count)[index])
    case .probability:
      let scores = response.likelihoods.map(\.logProbability)
      guard let best = LetterChoiceTask.best(scores) else { return .unparsed }
      let shares = LetterChoiceTask.softmax(scores)
      return Grade(
        question.correct.contains(best) ? 1 : 0, answer: ChoiceLetter.letters(question.choices.count)[best],
        measures: ["probability": question.correct.reduce(0) { $0 + shares[$1] }])
    }
  }

  /// The largest; of equals the first; nil where none is finite.
  static func best(_ scores: [Double]) -> Int? {
    var best: Int?
    for (index, score) in scores.enumerated() where score.isFinite {
      if best.map({ score > scores[$0] }) ?? true { best = index }
    }
    return best
  }

  /// Probabilities from their logarithms, among these alone; −∞ is 0.
  static func softmax(_ scores: [Double]) -> [Double] {
    let top = scores.max() ?? 0
    guard top.isFinite else { return scores.map { _ in 0 } }
    let powers = scores.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
