/// Tells how unusual a value is among those before it: its z-score in a sliding window.
///
/// A loss or a gradient norm far outside what the last steps showed is more often a broken batch than news, and one
/// update on it can undo hours.
public struct OutlierDetector: Sendable, Hashable {
  /// How many values are remembered; before that many were seen nothing is judged.
  public let window: Int
  /// The remembered values, oldest first.
  public private(set) var values: [Double]

  public init(window: Int = 64, values: [Double] = []) {
    precondition(window > 1)
    self.window = window
    self.values = Array(values.suffix(window))
  }

  /// How many standard deviations a value lies above the mean of the window; nil while the window fills.
  public func score(_ value: Double) -> Double? {
    guard values.count == window else { return nil }
    let mean = values.reduce(0, +) / Double(window)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(window)
    // A flat window judges nothing: any change would be infinitely unusual.
    guard variance > 0 else { return nil }
    return (value - mean) / variance.squareRoot()
  }

  /// Remembers a value.
  ///
  /// Outliers too, so that a new level is accepted before long; never what isn't finite.
  public mutating func record(_ value: Double) {
    guard value.isFinite else { return }
    if values.count == window { values.removeFirst() }
    values.append(value)
  }
}
