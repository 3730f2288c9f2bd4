import Formats

/// The rubric without words: the expected score over the distribution of the score's token after `Score:`.
///
/// One prefill for each candidate on a rubric that is read once; nothing is parsed and ties hardly occur (G-Eval,
/// arXiv:2303.16634; "Judgment Distribution", arXiv:2503.03064).
public final class ExpectedScoreReward: Reward {
  public let name = "expected-score"
  private let judge: Policy
  private let rubric: JudgePrompt
  private let reader: ChoiceReader
  private var tooLong = 0
  private var mass = 0.0
  private var judged = 0

  public init(judge: Policy, rubric: JudgePrompt = .short) throws {
    self.judge = judge
    self.rubric = rubric
    reader = try ChoiceReader(
      judge, question: rubric.text(prompt: "x", response: "x"), replies: rubric.scores.map(rubric.reply))
  }

  /// Candidates too long to be shown, and how likely, on the mean, the judge was to give a score at all.
  public var counts: JSONObject {
    ["too_long": .integer(tooLong), "score_mass": judged == 0 ? .null : .number(mass / Double(judged))]
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let questions = sets.flatMap { set in
      set.candidates.map {
        rubric.text(prompt: judge.disarmed(set.prompt), response: judge.disarmed($0.text))
      }
    }
    let judgments = try reader.probabilities(after: questions).map { choice in
      guard let choice else {
        tooLong += 1
        return Judgment.missing
      }
      mass += choice.mass
      judged += 1
      return Judgment(
        averaging: [zip(rubric.scores, choice.probabilities).reduce(0) { $0 + Double($1.0) * $1.1 }])
    }
    return sets.grouped(judgments)
  }
}
