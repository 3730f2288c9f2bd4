import Formats

/// What a judge's scores are like as a whole: how many are missing, how many tie, how they spread.
public struct ScoreStatistics: Sendable, Hashable {
  /// How many bars the histogram has.
  static let bars = 10

  public var judged: Int
  /// Judgments in which nothing could be read.
  public var missing: Int
  /// The share of prompts whose scores are all equal.
  public var tieRate: Double
  public var mean: Double
  public var deviation: Double
  /// How often scores fall into each tenth between the least and the greatest.
  public var least: Double
  public var greatest: Double
  public var histogram: [Int]

  public init(_ judgments: [[Judgment]]) {
    // What is no number makes no pair either.
    let scores = judgments.flatMap { $0.compactMap(\.score) }.filter(\.isFinite)
    judged = scores.count
    missing = judgments.reduce(0) { $0 + $1.count } - scores.count
    let scored = judgments.map { $0.compactMap(\.score) }.filter { $0.count > 1 }
    tieRate = SelfReward.mean(scored.map { scores in scores.allSatisfy { $0 == scores[0] } ? 1 : 0 })
    let center = SelfReward.mean(scores)
    mean = center
    deviation = SelfReward.mean(scores.map { ($0 - center) * ($0 - center) }).squareRoot()
    let (low, high) = (scores.min() ?? 0, scores.max() ?? 0)
    (least, greatest) = (low, high)
    histogram = ScoreHistogram.counts(scores, from: low, to: high, bins: Self.bars)
  }

  /// The share of judgments that could be read.
  public var parseRate: Double { judged + missing == 0 ? 1 : Double(judged) / Double(judged + missing) }

  public var json: JSON {
    [
      "judged": .integer(judged), "missing": .integer(missing), "parse_rate": .number(parseRate),
      "tie_rate": .number(tieRate), "mean": .number(mean), "deviation": .number(deviation),
      "least": .number(least), "greatest": .number(greatest),
      "histogram": .array(histogram.map { .integer($0) }),
    ]
  }
}
