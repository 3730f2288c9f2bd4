import Formats
import Foundation
import Tensors

/// A mean score with its 95 % interval, by the percentile bootstrap over examples.
public struct Estimate: Sendable, Hashable {
  public let mean: Double
  public let lower: Double
  public let upper: Double
  public let count: Int

  /// Resamples with a fixed seed: the same scores give the same interval.
  public init(_ scores: [Double], resamples: Int = 2000, seed: UInt64 = 17) {
    guard !scores.isEmpty else {
      self.init(mean: 0, count: 0, sorted: [0])
      return
    }
    let means = Estimate.bootstrap(scores.count, resamples: resamples, seed: seed) { sample in
      sample.reduce(0) { $0 + scores[$1] } / Double(scores.count)
    }
    self.init(
      mean: scores.reduce(0, +) / Double(scores.count), count: scores.count, sorted: means)
  }

  /// The 95 % interval of a statistic's sorted resamples.
  init(mean: Double, count: Int, sorted resamples: [Double]) {
    self.mean = mean
    self.count = count
    lower = resamples[Int(0.025 * Double(resamples.count))]
    upper = resamples[Int(0.975 * Double(resamples.count))]
  }

  /// A statistic of resampled example numbers, sorted.
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

  /// As a person reads it: `61.4 % [57.2, 65.6]`.
  public var text: String {
    String(format: "%5.1f %% [%.1f, %.1f]", 100 * mean, 100 * lower, 100 * upper)
  }

  /// As other programs read it.
  public var json: JSON {
    .object([
      "score": .number(mean), "n": .integer(count),
      "interval": .array([.number(lower), .number(upper)]),
    ])
  }
}
