import Formats

/// How often one model's answers beat another's, in the eyes of a judge that sees both orders; where the order decides
/// it is a tie (the paper's section 3.2, with a judge of our own in GPT-4's place).
public struct HeadToHead: Sendable, Hashable {
  public var wins = 0
  public var ties = 0
  public var losses = 0
  /// Comparisons that the judge couldn't make.
  public var missing = 0

  public init() {}

  /// - Parameter judgments: Of sets of two, the first being the model's own, by `PairwiseReward` counting wins.
  init(_ judgments: [[Judgment]]) {
    for judged in judgments {
      guard let score = judged.first?.score else {
        missing += 1
        continue
      }
      wins += score > 0.5 ? 1 : 0
      ties += score == 0.5 ? 1 : 0
      losses += score < 0.5 ? 1 : 0
    }
  }

  /// The first answers to the same prompts, side by side.
  static func sets(_ own: [CandidateSet], against other: [CandidateSet]) -> [CandidateSet] {
    zip(own, other).compactMap { own, other in
      guard let first = own.candidates.first, let second = other.candidates.first else { return nil }
      var set = own
      set.candidates = [first, second]
      return set
    }
  }

  public var json: JSON {
    [
      "wins": .integer(wins), "ties": .integer(ties), "losses": .integer(losses),
      "missing": .integer(missing),
    ]
  }
}
