/// P(yes): how likely a judge, asked whether an answer is right, says so rather than the opposite.
public final class VerifierReward: Reward {
  public let name = "verifier"
  private let judge: Policy
  private let question: ChoicePrompt
  private let reader: ChoiceReader

  /// - Parameter question: With places for `{prompt}` and `{response}`; its first reply is yes.
  public init(judge: Policy, question: ChoicePrompt = .verifier) throws {
    self.judge = judge
    self.question = question
    reader = try ChoiceReader(
      judge, question: question.template.filled(["prompt": "x", "response": "x"]),
      replies: question.replies)
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let questions = sets.flatMap { set in
      set.candidates.map {
        question.template.filled([
          "prompt": judge.disarmed(set.prompt), "response": judge.disarmed($0.text),
        ])
      }
    }
    return sets.grouped(
      try reader.probabilities(after: questions).map { Judgment(averaging: [$0?.probabilities.first]) })
  }
}
