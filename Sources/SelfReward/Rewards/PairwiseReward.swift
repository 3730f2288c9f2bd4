import Formats

/// How comparisons make a score.
public enum PairwiseCounting: String, Sendable, Hashable, CaseIterable {
  /// 1 for each candidate that it beats in both orders, ½ where the order decides, or nothing does.
  case wins
  /// The probability of winning, the mean of both orders; small judges do better so (arXiv:2503.03064).
  case probabilities
}

/// Every candidate against every other of its set, in both orders; a score is the share of comparisons won.
public final class PairwiseReward: Reward {
  public let name = "pairwise"
  private let judge: Policy
  private let question: ChoicePrompt
  private let counting: PairwiseCounting
  private let reader: ChoiceReader
  private var comparisons = 0
  private var flips = 0
  private var firstPreferred = 0

  /// - Parameter question: With places for `{prompt}`, `{first}` and `{second}`; its first reply is for the first.
  public init(
    judge: Policy, question: ChoicePrompt = .pairwise, counting: PairwiseCounting = .wins
  ) throws {
    self.judge = judge
    self.question = question
    self.counting = counting
    reader = try ChoiceReader(
      judge, question: question.template.filled(["prompt": "x", "first": "x", "second": "x"]),
      replies: question.replies)
  }

  /// Pairs compared in both orders, those whose winner changed with the order, and single comparisons won by
  /// what was shown first.
  public var counts: JSONObject {
    [
      "comparisons": .integer(comparisons), "order_flips": .integer(flips),
      "first_preferred": .integer(firstPreferred),
    ]
  }

  /// The share of compared pairs whose winner changed with their order; nil before any comparison.
  public var orderFlipRate: Double? { comparisons == 0 ? nil : Double(flips) / Double(comparisons) }

  private struct Comparison {
    let set: Int
    let one: Int
    let other: Int
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let pairs = sets.enumerated().flatMap { number, set in
      set.candidates.indices.flatMap { one in
        (one + 1..<max(one + 1, set.candidates.count)).map { Comparison(set: number, one: one, other: $0) }
      }
    }
    // What is the same needs no judge.
    let asked = pairs.filter { pair in
      let candidates = sets[pair.set].candidates
      return candidates[pair.one].text != candidates[pair.other].text
    }
    let preferences = try reader.probabilities(
      after: asked.flatMap { pair in
        let set = sets[pair.set]
        return [ask(set, pair.one, pair.other), ask(set, pair.other, pair.one)]
      }
    ).map { $0?.probabilities.first }
    var samples = sets.map { set in set.candidates.map { _ in [Double?]() } }
    for pair in pairs
    where sets[pair.set].candidates[pair.one].text == sets[pair.set].candidates[pair.other].text {
      samples[pair.set][pair.one].append(0.5)
      samples[pair.set][pair.other].append(0.5)
    }
    for (place, pair) in asked.enumerated() {
      let won = outcome(first: preferences[2 * place], second: preferences[2 * place + 1])
      samples[pair.set][pair.one].append(won)
      samples[pair.set][pair.other].append(won.map { 1 - $0 })
    }
    return samples.map { $0.map { Judgment(averaging: $0) } }
  }

  private func ask(_ set: CandidateSet, _ first: Int, _ second: Int) -> String {
    question.template.filled([
      "prompt": judge.disarmed(set.prompt), "first": judge.disarmed(set.candidates[first].text),
      "second": judge.disarmed(set.candidates[second].text),
    ])
  }

  /// What one candidate wins over another, given how likely the first place wins when it is first and when it is
  /// second.
  private func outcome(first: Double?, second: Double?) -> Double? {
    guard let first, let second else { return nil }
    comparisons += 1
    firstPreferred += (first > 0.5 ? 1 : 0) + (second > 0.5 ? 1 : 0)
    // The same place wins whoever stands in it.
    if (first - 0.5) * (second - 0.5) > 0 { flips += 1 }
    switch counting {
    case .probabilities: return (first + 1 - second) / 2
    case .wins: return first > 0.5 && second < 0.5 ? 1 : first < 0.5 && second > 0.5 ? 0 : 0.5
    }
  }
}
