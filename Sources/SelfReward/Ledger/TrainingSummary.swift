import Formats

/// What a round's training measured at its end.
enum TrainingSummary {
  /// The means of what the last quarter of the steps logged: losses, rewards, log-probabilities; no times.
  static func metrics(of folder: String) throws -> JSONObject {
    var lines = try JSONLines(path: folder + "/metrics.jsonl").map { try $0.json() }
    lines.removeAll { $0["event"]?.stringValue != "step" }
    let last = lines.suffix(max(1, lines.count / 4))
    var sums: [(name: String, sum: Double, count: Int)] = []
    for line in last {
      for (name, value) in line.objectValue ?? JSONObject() where name == "loss" || name.contains("/") {
        guard let number = value.doubleValue else { continue }
        if let place = sums.firstIndex(where: { $0.name == name }) {
          sums[place].sum += number
          sums[place].count += 1
        } else {
          sums.append((name, number, 1))
        }
      }
    }
    var means: JSONObject = ["steps": .integer(lines.count)]
    for entry in sums { means[entry.name] = .number(entry.sum / Double(entry.count)) }
    return means
  }
}
