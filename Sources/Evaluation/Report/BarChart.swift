import Foundation

/// Bars with intervals, one a row.
public struct BarChart: Sendable {
  /// One bar.
  public struct Bar: Sendable {
    public var label: String
    public var value: Double
    public var interval: ClosedRange<Double>?
    /// What is written at its end.
    public var text: String

    public init(_ label: String, _ value: Double, interval: ClosedRange<Double>? = nil, text: String) {
      self.label = label
      self.value = value
      self.interval = interval
      self.text = text
    }
  }

  public var bars: [Bar]

  public init(_ bars: [Bar]) { self.bars = bars }

  /// The drawing; values from zero, or from the least where one is negative, to the largest.
  public var svg: String {
    let (height, left, width) = (26, 210.0, 380.0)
    let lowest = bars.map { min($0.value, $0.interval?.lowerBound ?? $0.value) }.min() ?? 0
    let highest = bars.map { max($0.value, $0.interval?.upperBound ?? $0.value) }.max() ?? 1
    let (low, high) = (min(0, lowest), max(1e-9, highest))
    func x(_ value: Double) -> Double { left + width * (value - low) / (high - low) }
    let rows = bars.enumerated().map { index, bar in
      let y = index * height
      let (from, to) = (min(x(0), x(bar.value)), max(x(0), x(bar.value)))
      var row =
        "<text x=\"0\" y=\"\(y + 17)\" font-size=\"13\">\(HTMLPage.escaped(bar.label))</text>"
        + String(
          format: "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"16\" class=\"bar\"/>", from, y + 5,
          to - from)
      if let interval = bar.interval {
        row += String(
          format: "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"interval\"/>",
          x(interval.lowerBound), x(interval.upperBound), y + 13, y + 13)
      }
      return row
        + "<text x=\"\(Int(left + width) + 10)\" y=\"\(y + 17)\" font-size=\"12\">\(HTMLPage.escaped(bar.text))</text>"
    }
    return
      "<svg viewBox=\"0 0 760 \(height * bars.count + 8)\" width=\"760\" role=\"img\">\(rows.joined(separator: "\n"))</svg>"
  }
}
