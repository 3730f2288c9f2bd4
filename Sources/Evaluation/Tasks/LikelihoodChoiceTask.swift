/// Multiple choice by likelihood: each answer's text is weighed behind the question, without the others in sight.
public struct LikelihoodChoiceTask: RowGradedTask, Sendable {
  /// What makes answers of unequal length comparable.
  public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// Nothing: the sum of the logarithms.
    case none
    /// Their mean over the text's bytes.
    case bytes
  }

  /// What the score is; the other is measured beside.
  public enum Score: String, Sendable, Hashable, CaseIterable {
    /// Whether the likeliest answer is true (TruthfulQA's MC1).
    case likeliest = "mc1"
    /// The true answers' share of all answers' probability (TruthfulQA's MC2).
    case mass = "mc2"
  }

  public let name: String
  private let questions: [ChoiceQuestion]
  private let prompts: [String]
  private let normalization: Normalization
  private let score: Score

  public init(
    name: String, questions: [ChoiceQuestion], score: Score = .likeliest,
    normalization: Normalization = .none,
    presentation: Presentation = .plain, path: String
  ) throws {
    self.name = name
    self.questions = questions
    self.score = score
    self.normalization = normalization
    prompts = try questions.enumerated().map { try presentation.text($1.openPrompt, path: path, row: $0) }
  }

  public var metric: Metric { score == .likeliest ? .accuracy : Metric("probability of true answers") }
  public var rule: String { "\(score.rawValue) by likelihood, normalised by \(normalization.rawValue)" }
  public var rowCount: Int { questions.count }
  public func reference(_ row: Int) -> String { questions[row].reference }

  public func query(_ row: Int) -> Query {
    .likelihood(
      prompt: prompts[row],
      continuations: questions[row].choices.map { TaskPrompt.continuation($0, of: prompts[row]) })
  }

  public func grade(_ response: Response, row: Int) -> Grade {
    let scores = response.likelihoods.map { likelihood in
      normalization == .none
        ? likelihood.logProbability : likelihood.logProbability / Double(max(1, likelihood.byteCount))
    }
    guard let best = LetterChoiceTask.best(scores) else { return .unparsed }
    let correct = questions[row].correct
    let shares = LetterChoiceTask.softmax(response.likelihoods.map(\.logProbability))
    let likeliest = correct.contains(best) ? 1.0 : 0
    let mass = correct.reduce(0) { $0 + shares[$1] }
    return Grade(
      score == .likeliest ? likeliest : mass, answer: questions[row].choices[best],
      measures: score == .likeliest ? ["mass": mass] : ["likeliest": likeliest])
  }
}
