import Formats
import Foundation
import Tensors

/// A mean score with its 95 % interval, by the percentile bootstrap over rows.
public struct Estimate: Sendable, Hashable {
  public let mean: Double
  public let lower: Double
  public let upper: Double
  public let count: Int

  /// Resamples with a fixed seed: the same scores give the same interval.
  ///
  /// - Parameter weights: How much each score counts, such as a document's length; nil for all alike.
  public init(_ scores: [Double], weights: [Double]? = nil, resamples: Int = 2000, seed: UInt64 = 17) {
    let weights = weights ?? Array(repeating: 1, count: scores.count)
    precondition(weights.count == scores.count)
    guard !scores.isEmpty else {
      self.init(mean: 0, count: 0, sorted: [0])
      return
    }
    func mean(_ rows: some Sequence<Int>) -> Double {
      var (sum, weight) = (0.0, 0.0)
      for row in rows {
        sum += weights[row] * scores[row]
        weight += weights[row]
      }
      return weight > 0 ? sum / weight : 0
    }
    self.init(
      mean: mean(scores.indices), count: scores.count,
      sorted: Estimate.bootstrap(scores.count, resamples: resamples, seed: seed) { mean($0) })
  }

  /// The 95 % interval of a statistic's sorted resamples.
  init(mean: Double, count: Int, sorted resamples: [Double]) {
    self.mean = mean
    self.count = count
    lower = resamples[Int(0.025 * Double(resamples.count))]
    upper = resamples[Int(0.975 * Double(resamples.count))]
  }

  /// A statistic of resampled row numbers, sorted.
  static func bootstrap(
    _ count: Int, resamples: Int, seed: UInt64, _ statistic: ([Int]) -> Double
  ) -> [Double] {
    (0..<resamples).map { resample in
      statistic(drawing(count, from: CounterRandom(seed: seed, stream: UInt64(resample))))
    }.sorted()
  }

  /// So many numbers below `count`, each drawn from all of them.
  static func drawing(_ count: Int, from random: CounterRandom) -> [Int] {
    (0..<count).map { min(count - 1, Int(random.uniform(at: UInt64($0)) * Float(count))) }
  }

  /// Whether the interval lies on one side of zero: a difference that isn't chance.
  var excludesZero: Bool { lower > 0 || upper < 0 }

  /// As a person reads it: `61.4 % [57.2, 65.6]`.
  public var text: String { text(in: .accuracy) }

  /// As a person reads it, in percent or as a number.
  public func text(in metric: Metric) -> String {
    metric.isShare
      ? String(format: "%5.1f %% [%.1f, %.1f]", 100 * mean, 100 * lower, 100 * upper)
      : String(format: "%.4f [%.4f, %.4f]", mean, lower, upper)
  }

  /// As other programs read it.
  public var json: JSON {
    .object([
      "score": .number(mean), "n": .integer(count),
      "interval": .array([.number(lower), .number(upper)]),
    ])
  }
}
