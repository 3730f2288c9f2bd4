import Formats
import Foundation

extension Comparison {
  /// As other programs read it; the keys of DESIGN's section 5 are fixed, others may be added.
  public var json: JSON {
    var scores = JSONObject()
    for system in systems { scores[system.name] = Self.json(system) }
    var object: JSONObject = [
      "task": .string(task), "metric": .string(metric.name), "systems": .object(scores),
      "gap_closed": gapClosed().map { .number($0) } ?? .null,
    ]
    if !gaps.isEmpty {
      object["gaps_closed"] = .object(JSONObject(gaps.map { ($0.name, .number($0.gap)) }))
    }
    object["differences"] = .array(
      differences.map {
        .object([
          "first": .string($0.first), "second": .string($0.second), "mean": .number($0.estimate.mean),
          "interval": .array([.number($0.estimate.lower), .number($0.estimate.upper)]),
        ])
      })
    object["warnings"] = .array(warnings.map { .string($0) })
    return .object(object)
  }

  private static func json(_ system: SystemResult) -> JSON {
    guard var object = system.estimate.json.objectValue else { return .null }
    object["unparsed"] = .integer(system.unparsedCount)
    object["too_long"] = .integer(system.tooLongCount)
    for (name, mean) in system.measures { object[name] = .number(mean) }
    if let perplexity = system.perplexity { object["perplexity"] = .number(perplexity) }
    if let share = system.changedShare { object["tokens_changed"] = .number(share) }
    if let time = system.timing?.secondsPerToken { object["seconds_per_token"] = .number(time) }
    return .object(object)
  }

  /// As a person reads it: a line a system, then differences and the gap closed.
  public var table: String {
    let rowCount = systems.first?.rows.count ?? 0
    var lines = ["\(task), \(rowCount) \(rowCount == 1 ? "row" : "rows"), \(metric.title)"]
    for system in systems {
      var line = "  " + Self.column(system.name) + system.estimate.text(in: metric)
      if system.unparsedCount > 0 { line += ", \(system.unparsedCount) unreadable" }
      if system.tooLongCount > 0 { line += ", \(system.tooLongCount) too long" }
      for (name, mean) in system.measures { line += String(format: ", %@ %.3f", name, mean) }
      if let perplexity = system.perplexity { line += String(format: ", perplexity %.2f", perplexity) }
      if let share = system.changedShare {
        line += String(format: ", %.1f %% of tokens changed", 100 * share)
      }
      if let time = system.timing?.secondsPerToken {
        line += String(format: ", %.3g ms a token", 1000 * time)
      }
      lines.append(line)
    }
    for (first, second, estimate) in differences {
      lines.append("  " + Self.column("\(first) − \(second)") + estimate.text(in: metric))
    }
    for (name, gap) in gaps {
      lines.append("  " + Self.column("gap closed by \(name)") + String(format: "%5.1f %%", 100 * gap))
    }
    return (lines + warnings.map { "  " + $0 }).joined(separator: "\n")
  }

  private static func column(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 30 - text.count))
  }
}

/// Several tasks' comparisons, and what they say together.
public struct ComparisonTable: Sendable {
  public let comparisons: [Comparison]

  public init(_ comparisons: [Comparison]) { self.comparisons = comparisons }

  /// The mean over tasks of the gap that a system closes; nil where a task has none.
  public func meanGapClosed(by name: String = "proxied") -> Double? {
    let gaps = comparisons.compactMap { $0.gapClosed(by: name) }
    return gaps.isEmpty || gaps.count < comparisons.count ? nil : gaps.reduce(0, +) / Double(gaps.count)
  }

  /// One task's own object, or of several a list with the mean.
  public var json: JSON {
    if comparisons.count == 1 { return comparisons[0].json }
    return .object([
      "tasks": .array(comparisons.map(\.json)),
      "mean_gap_closed": meanGapClosed().map { .number($0) } ?? .null,
    ])
  }

  /// As a person reads it.
  public var text: String {
    var parts = comparisons.map(\.table)
    if comparisons.count > 1, let mean = meanGapClosed() {
      parts.append(String(format: "mean gap closed: %.1f %%", 100 * mean))
    }
    return parts.joined(separator: "\n\n")
  }
}
