import Evaluation
import Formats

/// What a run's log tells, as curves over its steps.
struct TrainingMetrics {
  typealias Curve = [(x: Double, y: Double)]

  private(set) var tokens = 0
  private(set) var lossTokens = 0
  private(set) var skippedSteps = 0
  private var validation: Curve = []
  /// What each step measured, in the order of the log.
  private var steps: [(name: String, curve: Curve)] = []

  /// More points than this can't be told apart.
  private static let mostPoints = 200
  /// Members of a step's line that are no measurement.
  private static let bookkeeping: Set = ["event", "step", "epoch", "tokens", "loss_tokens", "seconds"]

  /// Reads `metrics.jsonl`.
  init(log path: String) throws {
    for line in try JSONLines(path: path) { try add(try line.json()) }
  }

  private mutating func add(_ line: JSON) throws {
    guard let step = line["step"]?.doubleValue else { return }
    switch line["event"]?.stringValue {
    case "step":
      tokens += line["tokens"]?.intValue ?? 0
      lossTokens += line["loss_tokens"]?.intValue ?? 0
      for (name, value) in line.objectValue ?? [:] where !Self.bookkeeping.contains(name) {
        guard let value = value.doubleValue else { continue }
        let place = steps.firstIndex { $0.name == name } ?? steps.endIndex
        if place == steps.endIndex { steps.append((name, [])) }
        steps[place].curve.append((step, value))
      }
    case "validation": if let loss = line["loss"]?.doubleValue { validation.append((step, loss)) }
    case "skipped": skippedSteps += 1
    default: break
    }
  }

  /// The least validation loss, and the first step after which it was that.
  var bestValidation: (x: Double, y: Double)? { validation.min { $0.y < $1.y } }

  /// A chart for each measurement; the loss on validation data stands beside that on training data.
  var charts: [(title: String, chart: LineChart)] {
    steps.map { name, curve in
      var series = [LineChart.Series(name: "training", curve: Self.thinned(curve))]
      if name == "loss", !validation.isEmpty {
        series.append(LineChart.Series(name: "validation", curve: validation))
      }
      return (name.replacing("_", with: " "), LineChart(series, axis: "step"))
    }
  }

  /// Means over stretches of equal length, where there are more points than can be shown.
  private static func thinned(_ curve: Curve) -> Curve {
    let stretch = (curve.count + mostPoints - 1) / mostPoints
    guard stretch > 1 else { return curve }
    return Swift.stride(from: 0, to: curve.count, by: stretch).map { start in
      let points = curve[start..<min(start + stretch, curve.count)]
      let count = Double(points.count)
      return (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
    }
  }
}
