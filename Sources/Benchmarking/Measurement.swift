/// A quantity measured several times.
public struct Measurement: Sendable, Hashable {
  /// What was measured, in the order in which it was.
  public let samples: [Double]

  /// - Precondition: there is at least one sample.
  public init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "nothing was measured")
    self.samples = samples
  }

  /// The middle sample, or the mean of the two in the middle.
  public var median: Double {
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The smallest sample.
  public var minimum: Double { samples.min() ?? 0 }
  /// The largest sample.
  public var maximum: Double { samples.max() ?? 0 }
}

/// Measures what work takes by the wall.
enum Stopwatch {
  /// How many seconds `work` takes.
  static func seconds(_ work: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(work) / .seconds(1)
  }
}
