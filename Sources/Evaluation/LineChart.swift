import Foundation

/// Curves with their intervals, as an SVG that a page holds.
public struct LineChart: Sendable {
  /// A curve: a value with its interval at each whole number from 0.
  public struct Series: Sendable {
    public var name: String
    public var points: [(value: Double, lower: Double, upper: Double)]

    public init(name: String, points: [(value: Double, lower: Double, upper: Double)]) {
      self.name = name
      self.points = points
    }

    public init(name: String, estimates: [Estimate]) {
      self.init(name: name, points: estimates.map { ($0.mean, $0.lower, $0.upper) })
    }
  }

  public var series: [Series]
  /// What the numbers below the axis count.
  public var axis: String

  private static let colors = ["#1b6ca8", "#2e7d32", "#8a8a8a", "#c77700", "#b3261e", "#6a3d9a"]
  private static let (width, height, left, bottom) = (560.0, 260.0, 44.0, 28.0)

  public init(_ series: [Series], axis: String) {
    self.series = series
    self.axis = axis
  }

  /// The drawing; nothing where there is nothing to draw.
  public var svg: String {
    let points = series.flatMap(\.points)
    guard let count = series.map(\.points.count).max(), count > 0,
      let low = points.map(\.lower).min(), let high = points.map(\.upper).max()
    else { return "" }
    let (floor, ceiling) = high > low ? (low, high) : (low - 0.5, high + 0.5)
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom - (value - floor) / (ceiling - floor) * (Self.height - Self.bottom - 12)
    }
    func x(_ place: Int, _ shift: Double = 0) -> Double {
      Self.left + 20 + shift + Double(place) * (Self.width - 180 - Self.left) / Double(max(1, count - 1))
    }
    var parts = (0...4).map { step in
      let value = floor + (ceiling - floor) * Double(step) / 4
      return String(
        format: "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#eee\"/>"
          + "<text x=\"%.0f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\">%.3g</text>", Self.left,
        Self.width - 130, y(value), y(value), Self.left - 4, y(value) + 4, value)
    }
    parts += (0..<count).map {
      String(
        format: "<text x=\"%.1f\" y=\"%.0f\" font-size=\"11\" text-anchor=\"middle\">", x($0), Self.height - 8
      )
        + "\(HTMLPage.escaped(axis)) \($0)</text>"
    }
    for (index, curve) in series.enumerated() {
      let color = Self.colors[index % Self.colors.count]
      // Intervals stand side by side.
      let shift = Double(index) * 4 - Double(series.count - 1) * 2
      let path = curve.points.enumerated().map { String(format: "%.1f,%.1f", x($0, shift), y($1.value)) }
      parts.append("<polyline points=\"\(path.joined(separator: " "))\" fill=\"none\" stroke=\"\(color)\"/>")
      for (place, point) in curve.points.enumerated() {
        parts.append(
          String(
            format: "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"\(color)\"/>"
              + "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"\(color)\"/>", x(place, shift),
            x(place, shift), y(point.lower), y(point.upper), x(place, shift), y(point.value)))
      }
      parts.append(
        String(
          format: "<text x=\"%.0f\" y=\"%d\" font-size=\"12\" fill=\"\(color)\">", Self.width - 120,
          20 + 16 * index)
          + "\(HTMLPage.escaped(curve.name))</text>")
    }
    return String(format: "<svg width=\"%.0f\" height=\"%.0f\">", Self.width, Self.height) + parts.joined()
      + "</svg>"
  }
}
