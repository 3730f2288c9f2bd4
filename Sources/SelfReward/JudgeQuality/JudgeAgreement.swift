import Evaluation
import Formats
import Foundation

/// How often a judge prefers the answer that people preferred.
public struct JudgeAgreement: Sendable {
  public let data: String
  public let reward: String
  /// Agreement as the set counts it; a missing judgment is a coin toss where ties can't be right, and else wrong.
  public let accuracy: Estimate
  /// The same over pairs on which people didn't call a tie, a judge's tie or missing judgment half: 50 % by chance.
  public let decidedAccuracy: Estimate
  /// What guessing among the set's verdicts gives, and what the most common one gives.
  public let chance: Double
  public let mostCommon: Double
  /// Pairs that the judge tied, and that it couldn't judge.
  public let ties: Int
  public let missing: Int
  /// Pairs that people left without a majority; they aren't asked about.
  public let undecided: Int
  public let quality: JudgeQuality
  /// What the reward counted.
  public let counts: JSONObject
  /// For each pair, what the judge said of both answers.
  public let judgments: [[Judgment]]

  /// Judges every pair.
  ///
  /// - Parameter tieMargin: Scores no farther apart than this are a tie.
  public init(
    _ preferences: HumanPreferences, reward: any Reward, fullScore: Double = 5, tieMargin: Double = 0,
    seed: UInt64
  ) throws {
    let judgments = try reward.judge(preferences.sets, seed: seed)
    self.init(
      preferences, judgments: judgments, by: reward.name, counts: reward.counts, fullScore: fullScore,
      tieMargin: tieMargin)
  }

  /// Holds judgments against people's, a pair's two answers in their order.
  public init(
    _ preferences: HumanPreferences, judgments: [[Judgment]], by reward: String,
    counts: JSONObject = JSONObject(), fullScore: Double = 5, tieMargin: Double = 0
  ) {
    self.judgments = judgments
    let verdicts = judgments.map { Self.verdict($0, tieMargin: tieMargin) }
    let people = preferences.pairs.map(\.verdict)
    data = preferences.name
    self.reward = reward
    let allowsTies = preferences.format.allowsTies
    accuracy = Estimate(
      zip(verdicts, people).map { Self.credit($0, $1, allowsTies: allowsTies) })
    decidedAccuracy = Estimate(
      zip(verdicts, people).filter { $0.1 != .tie }.map { Self.credit($0.0, $0.1, allowsTies: false) })
    chance = allowsTies ? 1.0 / 3 : 0.5
    let most = PreferenceVerdict.allCases.map { verdict in people.count { $0 == verdict } }.max() ?? 0
    mostCommon = people.isEmpty ? 0 : Double(most) / Double(people.count)
    ties = verdicts.count { $0 == .tie }
    missing = verdicts.count { $0 == nil }
    undecided = preferences.undecided
    quality = JudgeQuality(
      zip(judgments, preferences.pairs).map { judgments, pair in
        JudgedAnswers(
          judgments: judgments,
          qualities: pair.verdict == .tie ? [0.5, 0.5] : pair.verdict == .first ? [1, 0] : [0, 1],
          lengths: [pair.first.count, pair.second.count])
      }, fullScore: fullScore, goodFrom: 1)
    self.counts = counts
  }

  private static func verdict(_ judgments: [Judgment], tieMargin: Double) -> PreferenceVerdict? {
    guard let first = judgments[0].score, let second = judgments[1].score else { return nil }
    return abs(first - second) <= tieMargin ? .tie : first > second ? .first : .second
  }

  private static func credit(
    _ verdict: PreferenceVerdict?, _ people: PreferenceVerdict, allowsTies: Bool
  ) -> Double {
    if verdict == people { return 1 }
    return !allowsTies && (verdict == nil || verdict == .tie) ? 0.5 : 0
  }

  /// As other programs read it.
  public var json: JSON {
    [
      "data": .string(data), "reward": .string(reward), "accuracy": accuracy.json,
      "decided_accuracy": decidedAccuracy.json, "chance": .number(chance),
      "most_common": .number(mostCommon), "ties": .integer(ties), "missing": .integer(missing),
      "undecided": .integer(undecided), "quality": quality.json, "counts": .object(counts),
    ]
  }

  /// As a person reads it.
  public var table: String {
    func percent(_ value: Double) -> String { String(format: "%5.1f %%", 100 * value) }
    func number(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "–" }
    return """
      \(data), \(accuracy.count) pairs, judged by \(reward)
        agreement with people   \(accuracy.text)
        by chance               \(percent(chance))
        most common verdict     \(percent(mostCommon))
        without people's ties   \(decidedAccuracy.text), by chance  50.0 %
        ties, missing           \(ties), \(missing)
        score and length        \(number(quality.lengthCorrelation))
        single judgments read   \(quality.parseRate.map(percent) ?? "–")
      """
  }
}
