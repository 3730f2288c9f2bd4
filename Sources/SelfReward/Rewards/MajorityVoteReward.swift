import Evaluation

/// Self-consistency: a candidate's score is the share of its set's candidates that give the same final answer
/// (arXiv:2203.11171; as a reward ScPO, arXiv:2411.04109).
///
/// The share is of all candidates, so that answers that can't be read dilute a vote; a candidate that was cut, or without
/// a readable answer, has no score.
public struct MajorityVoteReward: Reward {
  public let name = "majority-vote"
  /// How the final answer is found and compared.
  public let rule: AnswerRule

  public init(rule: AnswerRule) { self.rule = rule }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    sets.map { set in
      // What was cut may end in half a number, and votes for none.
      let texts = set.candidates.map { $0.isComplete ? $0.text : "" }
      return texts.map { text in
        guard let answer = answer(in: text) else { return .missing }
        let votes = texts.count { rule.score($0, answer: answer) > 0 }
        return Judgment(averaging: [Double(votes) / Double(texts.count)])
      }
    }
  }

  /// A response as an answer that the rule itself holds it for; nil where it holds none.
  private func answer(in response: String) -> String? {
    guard !response.allSatisfy(\.isWhitespace) else { return nil }
    // Some rules expect true answers without a full stop.
    let readings = [response] + (response.hasSuffix(".") ? [String(response.dropLast())] : [])
    return readings.first { rule.score(response, answer: $0) > 0 }
  }
}
