import Formats

/// A weighted sum of rewards, each standardised over all candidates that it could judge at once (of a round, those of
/// a stretch), so that no scale counts for more than its weight.
///
/// A candidate that one of the rewards couldn't judge has no score; the samples are the standardised scores.
public struct CombinedReward: Reward {
  public let name = "combined"
  private let parts: [(weight: Double, reward: any Reward)]

  /// - Throws: `SelfRewardError.invalidOption` without parts, or for a weight that is no number.
  public init(_ parts: [(weight: Double, reward: any Reward)]) throws {
    guard !parts.isEmpty else {
      throw SelfRewardError.invalidOption(
        "the list of combined rewards", found: "empty", expected: "one or more")
    }
    for part in parts where !part.weight.isFinite {
      throw SelfRewardError.invalidOption("weight", found: "\(part.weight)", expected: "a number")
    }
    self.parts = parts
  }

  public var counts: JSONObject { parts.map { $0.reward }.gatheredCounts }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let scores = try parts.map { $0.reward }.standardizedScores(sets, seed: seed)
    return sets.indices.map { set in
      sets[set].candidates.indices.map { candidate in
        let samples = scores.map { $0[set][candidate] }
        let known = samples.compactMap { $0 }
        guard known.count == samples.count else { return Judgment(score: nil, samples: samples) }
        return Judgment(score: zip(parts, known).reduce(0) { $0 + $1.0.weight * $1.1 }, samples: samples)
      }
    }
  }
}

/// Several rewards side by side: the first one's score, and a sample from each, so that `PairAgreement` tells for
/// how many of them a pair is the right way round.
public struct AgreementReward: Reward {
  public let name = "agreement"
  private let parts: [any Reward]

  /// - Parameter parts: The reward whose score orders candidates, then those that have to agree.
  public init(_ parts: [any Reward]) throws {
    guard parts.count > 1 else {
      throw SelfRewardError.invalidOption(
        "the number of rewards that are to agree", found: "\(parts.count)", expected: "2 or more")
    }
    self.parts = parts
  }

  public var counts: JSONObject { parts.gatheredCounts }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let scores = try parts.standardizedScores(sets, seed: seed)
    return sets.indices.map { set in
      sets[set].candidates.indices.map { candidate in
        let samples = scores.map { $0[set][candidate] }
        return Judgment(score: samples[0], samples: samples)
      }
    }
  }
}

extension [any Reward] {
  /// Of each reward, its scores as standard deviations from its mean: [reward][set][candidate].
  ///
  /// Where all scores are the same, all are 0.
  func standardizedScores(_ sets: [CandidateSet], seed: UInt64) throws -> [[[Double?]]] {
    try map { reward in
      let scores = try reward.judge(sets, seed: seed).map { $0.map(\.score) }
      let known = scores.flatMap { $0.compactMap { $0 } }
      let mean = known.reduce(0, +) / Double(Swift.max(1, known.count))
      let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Swift.max(1, known.count))
      let deviation = variance.squareRoot()
      // Equal scores differ from their mean by rounding at most.
      let isSpread = deviation > 1e-12 * Swift.max(1, abs(mean))
      return scores.map { $0.map { score in score.map { isSpread ? ($0 - mean) / deviation : 0 } } }
    }
  }

  /// What each has counted, under its name.
  var gatheredCounts: JSONObject {
    JSONObject(filter { !$0.counts.isEmpty }.map { ($0.name, .object($0.counts)) })
  }
}
