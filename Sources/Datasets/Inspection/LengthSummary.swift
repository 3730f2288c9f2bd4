import Formats

/// How long some things are.
public struct LengthSummary: Sendable, Hashable {
  /// The arithmetic mean.
  public let mean: Double
  /// The least length that half, and 95 of 100, don't exceed.
  public let median: Int
  public let percentile95: Int
  /// The greatest length.
  public let maximum: Int

  /// The summary of `lengths`; nil when there are none.
  public init?(_ lengths: [Int]) {
    guard !lengths.isEmpty else { return nil }
    let sorted = lengths.sorted()
    func percentile(_ share: Double) -> Int {
      sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
    }
    mean = Double(lengths.reduce(0, +)) / Double(lengths.count)
    median = percentile(0.5)
    percentile95 = percentile(0.95)
    maximum = percentile(1)
  }

  /// The summary for other programs.
  public var json: JSON {
    [
      "mean": .number(mean), "median": .integer(median), "p95": .integer(percentile95),
      "max": .integer(maximum),
    ]
  }

  /// The summary for people.
  var text: String {
    let rounded = (mean * 10).rounded() / 10
    return "mean \(rounded), median \(median), 95 % at most \(percentile95), longest \(maximum)"
  }
}
