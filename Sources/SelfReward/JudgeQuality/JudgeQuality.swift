import Formats

/// Answers to one prompt with what is known of their quality and what a judge made of them.
public struct JudgedAnswers: Sendable, Hashable {
  public var judgments: [Judgment]
  /// Higher is better: people's ranking, or 1 for right and 0 for wrong.
  public var qualities: [Double]
  /// In characters.
  public var lengths: [Int]

  /// - Precondition: as many of each.
  public init(judgments: [Judgment], qualities: [Double], lengths: [Int]) {
    precondition(judgments.count == qualities.count && judgments.count == lengths.count)
    self.judgments = judgments
    self.qualities = qualities
    self.lengths = lengths
  }
}

/// How well a judge's scores agree with known quality: the paper's five metrics (section 3.2.4) and what warns of a
/// judge that isn't worth its compute.
///
/// A missing judgment takes part in nothing but `parseRate`; what can't be measured is nil.
public struct JudgeQuality: Sendable, Hashable {
  /// The share of pairs of different quality that the judge orders so; a tie of the judge's is no agreement.
  public let pairwiseAccuracy: Double?
  /// The share of answers with the full score that are the best of their prompt.
  public let fiveBest: Double?
  /// The share of prompts whose answers are all ordered right.
  public let exactMatch: Double?
  /// Means over prompts.
  public let spearman: Double?
  public let kendall: Double?
  /// How likely a good answer, of any prompt, scores higher than a bad one.
  public let areaUnderCurve: Double?
  /// Of score and length, over all answers.
  public let lengthCorrelation: Double?
  /// The share of single judgments that could be read.
  public let parseRate: Double?
  /// The share of pairs of one prompt with equal scores.
  public let tieRate: Double?
  /// Scores in ten equally wide bins from the lowest to the highest.
  public let histogram: ScoreHistogram?

  /// - Parameters:
  ///   - fullScore: The highest score of the judge's scale.
  ///   - goodFrom: The quality from which an answer counts as good for `areaUnderCurve`.
  public init(_ sets: [JudgedAnswers], fullScore: Double = 5, goodFrom: Double = 0.5) {
    let groups = sets.map(Group.init)
    let known = groups.filter { $0.scores.count > 1 && Set($0.qualities).count > 1 }
    let pairs = known.flatMap(\.comparablePairs)
    pairwiseAccuracy = Self.share(pairs) { $0 > 0 }
    let full = groups.flatMap { group in
      zip(group.scores, group.qualities).filter { $0.0 >= fullScore }.map { $0.1 == group.best }
    }
    fiveBest = Self.share(full) { $0 }
    exactMatch = Self.share(known) { group in
      group.isWhole && RankedAnswerSeeds.agree(group.scores, group.qualities)
    }
    spearman = Self.mean(known.map { RankStatistics.spearman($0.scores, $0.qualities) })
    kendall = Self.mean(known.map { RankStatistics.kendall($0.scores, $0.qualities) })
    let scores = groups.flatMap(\.scores)
    areaUnderCurve = RankStatistics.areaUnderCurve(
      scores, groups.flatMap(\.qualities).map { $0 >= goodFrom })
    lengthCorrelation = RankStatistics.correlation(scores, groups.flatMap(\.lengths).map(Double.init))
    let samples = sets.flatMap(\.judgments).flatMap { $0.samples.isEmpty ? [$0.score] : $0.samples }
    parseRate = Self.share(samples) { $0 != nil }
    tieRate = Self.share(groups.flatMap(\.differences)) { $0 == 0 }
    histogram = ScoreHistogram(scores)
  }

  /// As ledgers have it.
  public var json: JSON {
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    return [
      "pairwise_accuracy": number(pairwiseAccuracy), "five_best": number(fiveBest),
      "exact_match": number(exactMatch), "spearman": number(spearman), "kendall": number(kendall),
      "auc": number(areaUnderCurve), "length_correlation": number(lengthCorrelation),
      "parse_rate": number(parseRate), "tie_rate": number(tieRate), "histogram": histogram?.json ?? .null,
    ]
  }

  /// What of a prompt's answers could be judged.
  private struct Group {
    var scores: [Double] = []
    var qualities: [Double] = []
    var lengths: [Int] = []
    let best: Double
    /// Whether nothing is missing.
    let isWhole: Bool

    init(_ set: JudgedAnswers) {
      best = set.qualities.max() ?? 0
      isWhole = set.judgments.allSatisfy { $0.score != nil }
      for (index, judgment) in set.judgments.enumerated() {
        guard let score = judgment.score, score.isFinite else { continue }
        scores.append(score)
        qualities.append(set.qualities[index])
        lengths.append(set.lengths[index])
      }
    }

    /// For each pair of different quality, how much higher the better one scores.
    var comparablePairs: [Double] {
      scores.indices.flatMap { one in
        scores.indices.filter { qualities[one] > qualities[$0] }.map { scores[one] - scores[$0] }
      }
    }

    /// The differences of all pairs' scores.
    var differences: [Double] {
      scores.indices.flatMap { one in scores.indices.filter { $0 > one }.map { scores[one] - scores[$0] } }
    }
  }

  private static func share<Element>(_ elements: [Element], _ holds: (Element) -> Bool) -> Double? {
    elements.isEmpty ? nil : Double(elements.count(where: holds)) / Double(elements.count)
  }

  private static func mean(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    return known.isEmpty ? nil : RankStatistics.mean(known)
  }
}

/// How often scores fall into equally wide bins.
public struct ScoreHistogram: Sendable, Hashable {
  public let lowest: Double
  public let highest: Double
  public let counts: [Int]

  /// nil without any score.
  public init?(_ scores: [Double], bins: Int = 10) {
    guard let lowest = scores.min(), let highest = scores.max() else { return nil }
    self.lowest = lowest
    self.highest = highest
    counts = Self.counts(scores, from: lowest, to: highest, bins: highest > lowest ? bins : 1)
  }

  /// How many scores fall into each bin.
  static func counts(_ scores: [Double], from lowest: Double, to highest: Double, bins: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: bins)
    for score in scores {
      let place = highest > lowest ? (score - lowest) / (highest - lowest) * Double(bins) : 0
      counts[min(bins - 1, Int(place))] += 1
    }
    return counts
  }

  /// As ledgers have it.
  public var json: JSON {
    [
      "lowest": .number(lowest), "highest": .number(highest), "counts": .array(counts.map { .integer($0) }),
    ]
  }
}
