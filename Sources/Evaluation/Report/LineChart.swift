import Foundation

/// Curves, perhaps with intervals, as an SVG that a page holds.
public struct LineChart: Sendable {
  /// A place on a curve.
  public struct Point: Sendable, Hashable {
    public var x: Double
    public var value: Double
    public var lower: Double
    public var upper: Double
  }

  /// One curve.
  public struct Series: Sendable {
    public var name: String
    public var points: [Point]

    /// A curve of such points.
    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }

    /// A curve without intervals.
    public init(name: String, curve: [(x: Double, y: Double)]) {
      self.name = name
      points = curve.map { Point(x: $0.x, value: $0.y, lower: $0.y, upper: $0.y) }
    }

    /// An estimate with its interval at each whole number from 0.
    public init(name: String, estimates: [Estimate]) {
      self.name = name
      points = estimates.enumerated().map {
        Point(x: Double($0), value: $1.mean, lower: $1.lower, upper: $1.upper)
      }
    }
  }

  public var series: [Series]
  /// What the numbers below the axis count.
  public var axis: String

  /// The page's colours are called `--c0` and so on.
  private static let colorCount = 6
  private static let (width, height, left, bottom) = (640.0, 280.0, 58.0, 46.0)
  /// Where there are more, each isn't marked on its own.
  private static let mostMarks = 40

  public init(_ series: [Series], axis: String) {
    self.series = series
    self.axis = axis
  }

  /// The drawing; points that aren't finite are left out, and nothing is drawn where none is left.
  public var svg: String {
    let curves = series.map { curve in
      (curve.name, curve.points.filter { [$0.x, $0.value, $0.lower, $0.upper].allSatisfy(\.isFinite) })
    }
    let points = curves.flatMap(\.1)
    guard let low = points.map(\.lower).min(), let high = points.map(\.upper).max(),
      let first = points.map(\.x).min(), let last = points.map(\.x).max()
    else { return "" }
    let lines = Self.lines(from: low, to: high)
    let (floor, ceiling) = (lines[0], lines[lines.count - 1])
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom - (value - floor) / (ceiling - floor) * (Self.height - Self.bottom - 12)
    }
    func x(_ value: Double, _ shift: Double = 0) -> Double {
      Self.left + 20 + shift + (value - first) / max(1e-9, last - first) * (Self.width - 190 - Self.left)
    }
    var parts = lines.map { value in
      String(
        format: "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>"
          + "<text x=\"%.0f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\">%.4g</text>", Self.left,
        Self.width - 130, y(value), y(value), Self.left - 4, y(value) + 4, value)
    }
    parts += Self.ticks(points.map(\.x)).map {
      String(
        format: "<text x=\"%.1f\" y=\"%.0f\" font-size=\"11\" text-anchor=\"middle\">%.4g</text>", x($0),
        Self.height - Self.bottom + 18, $0)
    }
    parts.append(
      String(
        format: "<text x=\"%.0f\" y=\"%.0f\" font-size=\"12\" text-anchor=\"middle\">",
        (Self.left + Self.width - 130) / 2, Self.height - 8) + HTMLPage.escaped(axis) + "</text>")
    for (index, (name, points)) in curves.enumerated() {
      let color = "var(--c\(index % Self.colorCount))"
      // Intervals stand side by side.
      let shift = Double(index) * 4 - Double(series.count - 1) * 2
      let path = points.map { String(format: "%.1f,%.1f", x($0.x, shift), y($0.value)) }
      parts.append(
        "<polyline points=\"\(path.joined(separator: " "))\" style=\"fill:none;stroke:\(color)\"/>")
      for point in points where points.count <= Self.mostMarks {
        parts.append(
          String(
            format: "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" style=\"stroke:\(color)\"/>"
              + "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" style=\"fill:\(color)\"/>", x(point.x, shift),
            x(point.x, shift), y(point.lower), y(point.upper), x(point.x, shift), y(point.value)))
      }
      parts.append(
        String(
          format: "<text x=\"%.0f\" y=\"%d\" font-size=\"12\" style=\"fill:\(color)\">", Self.width - 120,
          20 + 16 * index) + HTMLPage.escaped(name) + "</text>")
    }
    return String(
      format: "<svg width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">", Self.width, Self.height,
      Self.width, Self.height) + parts.joined() + "</svg>"
  }

  /// Round values, the first and the last of which hold all between them.
  private static func lines(from low: Double, to high: Double) -> [Double] {
    let raw = (high > low ? high - low : max(1, abs(low))) / 4
    let magnitude = pow(10, log10(raw).rounded(.down))
    let step = magnitude * ([1, 2, 2.5, 5].first { $0 * magnitude >= raw * 0.999 } ?? 10)
    let (first, last) = ((low / step + 1e-9).rounded(.down), (high / step - 1e-9).rounded(.up))
    return stride(from: first, through: max(first + 1, last), by: 1).map { $0 * step }
  }

  /// The places themselves where they are few, else about eight of them.
  private static func ticks(_ places: [Double]) -> [Double] {
    let all = Set(places).sorted()
    return stride(from: 0, to: all.count, by: max(1, (all.count + 7) / 8)).map { all[$0] }
  }
}
