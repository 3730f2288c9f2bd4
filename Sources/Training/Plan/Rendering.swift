import Foundation

/// A number of bytes, for people.
func gigabytes(_ bytes: Int) -> String { (Double(bytes) / 1e9).formatted(digits: 2) + " GB" }

/// A stretch of time, for people: `1:02:03` or `2:03`.
func duration(seconds: Double) -> String {
  let whole = Int(seconds.rounded())
  return whole >= 3600
    ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    : String(format: "%d:%02d", whole / 60, whole % 60)
}

extension Double {
  /// The number with so many digits after the point.
  func formatted(digits: Int) -> String { isFinite ? String(format: "%.\(digits)f", self) : "\(self)" }
}
