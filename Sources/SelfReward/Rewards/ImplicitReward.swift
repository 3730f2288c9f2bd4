/// The reward that a model tuned by DPO carries in itself: β (log π − log π_ref) of an answer (Rafailov and others
/// 2023; as a judge DICE, arXiv:2406.09760).
///
/// Of an expert and its antiexpert, it is the judge that proxy-tuning brings along.
public struct ImplicitReward: Reward {
  public let name = "implicit"
  private let policy: Policy
  private let reference: Policy
  private let beta: Double
  private let isLengthNormalized: Bool

  /// - Parameters:
  ///   - reference: What the policy was tuned from, with the same tokenizer and template.
  ///   - isLengthNormalized: Whether the ratio is a mean over tokens rather than their sum.
  public init(policy: Policy, reference: Policy, beta: Double = 0.1, isLengthNormalized: Bool = false) {
    self.policy = policy
    self.reference = reference
    self.beta = beta
    self.isLengthNormalized = isLengthNormalized
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let scores = try [policy, reference].map { model in
      try model.logProbabilities(
        of: sets.flatMap { set in
          try set.candidates.map {
            try model.completion(prompt: set.prompt, response: $0.text, isComplete: $0.isComplete)
          }
        })
    }
    let judgments = zip(scores[0], scores[1]).map { own, other in
      guard let own, let other, !own.isEmpty, !other.isEmpty else { return Judgment.missing }
      let ratio =
        isLengthNormalized
        ? own.reduce(0, +) / Double(own.count) - other.reduce(0, +) / Double(other.count)
        : own.reduce(0, +) - other.reduce(0, +)
      return Judgment(averaging: [beta * ratio])
    }
    return sets.grouped(judgments)
  }
}
