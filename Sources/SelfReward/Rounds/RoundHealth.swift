import Formats

/// What can be said of a model without answers: its samples on the validation prompts, beside the start's.
public struct RoundHealth: Sendable, Hashable {
  public var candidates: CandidateStatistics
  /// The spread of the judge's scores; nil where nobody judges.
  public var scores: ScoreStatistics?
  /// The mean of −log p a token of its own samples, in nats.
  public var entropy: Double
  /// KL(model ‖ start) a token, estimated on its own samples, in nats.
  public var divergence: Double
  /// How often the judge prefers its samples to the start's, equals counting half; nil where nobody judges.
  public var winRate: Double?

  public init(
    candidates: CandidateStatistics, scores: ScoreStatistics?, entropy: Double, divergence: Double,
    winRate: Double?
  ) {
    self.candidates = candidates
    self.scores = scores
    self.entropy = entropy
    self.divergence = divergence
    self.winRate = winRate
  }

  public var json: JSON {
    [
      "candidates": candidates.json, "scores": scores?.json ?? .null, "entropy": .number(entropy),
      "kl_to_start": .number(divergence), "win_rate": winRate.map { .number($0) } ?? .null,
    ]
  }

  /// How often one of `own` candidates scores above one of the start's, over all such couples of a prompt.
  ///
  /// - Parameter judgments: Of both together, the first `count` of each prompt being the model's own.
  static func winRate(_ judgments: [[Judgment]], own count: Int) -> Double {
    var (won, couples) = (0.0, 0)
    for judged in judgments {
      for own in judged.prefix(count).compactMap(\.score) {
        for other in judged.dropFirst(count).compactMap(\.score) {
          couples += 1
          won += own > other ? 1 : own == other ? 0.5 : 0
        }
      }
    }
    return couples == 0 ? 0.5 : won / Double(couples)
  }
}
