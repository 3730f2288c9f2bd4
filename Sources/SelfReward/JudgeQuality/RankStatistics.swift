/// How two lists of numbers go together; each is nil where one of them says nothing.
enum RankStatistics {
  /// Pearson's correlation; nil where either is constant.
  static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count)
    guard x.count > 1, Set(x).count > 1, Set(y).count > 1 else { return nil }
    let (meanX, meanY) = (mean(x), mean(y))
    var (covariance, varianceX, varianceY) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      covariance += (a - meanX) * (b - meanY)
      varianceX += (a - meanX) * (a - meanX)
      varianceY += (b - meanY) * (b - meanY)
    }
    let scale = (varianceX * varianceY).squareRoot()
    return scale > 0 ? covariance / scale : nil
  }

  /// Spearman's ρ: the correlation of ranks, equals sharing the mean of theirs.
  static func spearman(_ x: [Double], _ y: [Double]) -> Double? { correlation(ranks(x), ranks(y)) }

  /// Kendall's τ-b, which makes up for ties.
  static func kendall(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count)
    var (concordant, discordant, untiedX, untiedY) = (0.0, 0.0, 0.0, 0.0)
    for one in x.indices {
      for other in x.indices where other > one {
        let (a, b) = (sign(x[one] - x[other]), sign(y[one] - y[other]))
        if a * b > 0 { concordant += 1 }
        if a * b < 0 { discordant += 1 }
        untiedX += abs(a)
        untiedY += abs(b)
      }
    }
    let scale = (untiedX * untiedY).squareRoot()
    return scale > 0 ? (concordant - discordant) / scale : nil
  }

  /// How likely a good one scores higher than a bad one, ties half: the area under the ROC curve.
  ///
  /// nil without both.
  static func areaUnderCurve(_ scores: [Double], _ areGood: [Bool]) -> Double? {
    precondition(scores.count == areGood.count)
    let good = areGood.count { $0 }
    let bad = areGood.count - good
    guard good > 0, bad > 0 else { return nil }
    let sum = zip(ranks(scores), areGood).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
    return (sum - Double(good) * Double(good + 1) / 2) / (Double(good) * Double(bad))
  }

  /// Ranks from 1; equals share the mean of theirs.
  static func ranks(_ x: [Double]) -> [Double] {
    let order = x.indices.sorted { x[$0] < x[$1] }
    var ranks = [Double](repeating: 0, count: x.count)
    var start = 0
    while start < order.count {
      let end = order[start...].firstIndex { x[$0] != x[order[start]] } ?? order.count
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  static func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }

  private static func sign(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : 0 }
}
