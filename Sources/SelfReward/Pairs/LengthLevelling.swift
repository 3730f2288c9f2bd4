/// Choosing the better and the worse answer so that length doesn't decide.
enum LengthLevelling {
  typealias Entry = PairMaker.Entry

  /// The best and the worst by score less `penalty` a token; of equals the first.
  static func extremes(
    _ winners: [Entry], _ losers: [Entry], penalty: Double
  ) -> (chosen: Entry, rejected: Entry) {
    var (chosen, rejected) = (winners[0], losers[0])
    for entry in winners where entry.levelled(penalty) > chosen.levelled(penalty) { chosen = entry }
    for entry in losers where entry.levelled(penalty) < rejected.levelled(penalty) { rejected = entry }
    return (chosen, rejected)
  }

  /// Meta-Rewarding's choice: the shortest of those that score nearly best, the longest of those that score
  /// nearly worst; `share` is its ρ, the part of the score range that counts as nearly.
  static func band(
    _ winners: [Entry], _ losers: [Entry], share: Double
  ) -> (chosen: Entry, rejected: Entry) {
    let scores = (winners + losers).map(\.score)
    let (least, most) = (scores.min() ?? 0, scores.max() ?? 0)
    let best = winners.map(\.score).max() ?? most
    let worst = losers.map(\.score).min() ?? least
    let good = winners.filter { $0.score >= min(best, (1 - share) * most + share * least) }
    let bad = losers.filter { $0.score <= max(worst, (1 - share) * least + share * most) }
    var (chosen, rejected) = (good[0], bad[0])
    for entry in good where (entry.length, -entry.score) < (chosen.length, -chosen.score) { chosen = entry }
    for entry in bad where (-entry.length, entry.score) < (-rejected.length, rejected.score) {
      rejected = entry
    }
    return (chosen, rejected)
  }

  /// The penalty a token for which chosen and rejected answers are equally long on average (DICE's α).
  ///
  /// As it grows chosen answers only get shorter and rejected ones longer, so the gap falls and its zero is found by
  /// halving; the gap has steps, and of the two sides of the one across zero the nearer is taken.
  static func penalty(_ pools: [(winners: [Entry], losers: [Entry])]) -> Double {
    guard !pools.isEmpty else { return 0 }
    func gap(_ penalty: Double) -> Double {
      pools.reduce(0) { sum, pool in
        let two = extremes(pool.winners, pool.losers, penalty: penalty)
        return sum + two.chosen.length - two.rejected.length
      } / Double(pools.count)
    }
    if gap(0) == 0 { return 0 }
    let scores = pools.flatMap { ($0.winners + $0.losers).map(\.score) }
    // Beyond this a single token outweighs any difference of scores.
    let bound = (scores.max() ?? 0) - (scores.min() ?? 0) + 1
    var (low, high) = (-bound, bound)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if gap(middle) > 0 { low = middle } else { high = middle }
    }
    return abs(gap(low)) < abs(gap(high)) ? low : high
  }
}
