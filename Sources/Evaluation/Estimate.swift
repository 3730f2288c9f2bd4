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
    count = scores.count
    guard !scores.isEmpty else {
      (mean, lower, upper) = (0, 0, 0)
      return
    }
    mean = scores.reduce(0, +) / Double(scores.count)
    let means = Estimate.bootstrap(scores.count, resamples: resamples, seed: seed) { sample in
      sample.reduce(0) { $0 + scores[$1] } / Double(scores.count)
    }
    lower = means[Int(0.025 * Double(resamples))]
    upper = means[Int(0.975 * Double(resamples))]
  }

  /// A statistic of resampled example numbers, sorted.
  static func bootstrap(
    _ count: Int, resamples: Int, seed: UInt64, _ statistic: ([Int]) -> Double
  ) -> [Double] {
    (0..<resamples).map { resample in
      let random = CounterRandom(seed: seed, stream: UInt64(resample))
      return statistic(
        (0..<count).map { min(count - 1, Int(random.uniform(at: UInt64($0)) * Float(count))) })
    }.sorted()
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
