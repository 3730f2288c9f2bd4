import Formats
import Foundation

/// All systems on the same rows: the paper's table (section 3), a row a task.
public struct Comparison: Sendable {
  public let task: String
  public let metric: Metric
  public let systems: [SystemResult]

  public init(task: String, metric: Metric = .accuracy, systems: [SystemResult]) {
    self.task = task
    self.metric = metric
    self.systems = systems
  }

  public subscript(name: String) -> SystemResult? { systems.first { $0.name == name } }

  /// (proxied − base) / (directly tuned − base); nil where there's no directly tuned model or no gap.
  public func gapClosed(by name: String = "proxied") -> Double? {
    guard let base = self["base"]?.estimate.mean, let tuned = self["tuned"]?.estimate.mean,
      let proxied = self[name]?.estimate.mean, tuned != base
    else { return nil }
    return (proxied - base) / (tuned - base)
  }

  /// The gap closed by each system that is neither of its ends.
  public var gaps: [(name: String, gap: Double)] {
    systems.compactMap { system in
      guard system.name != "base", system.name != "tuned" else { return nil }
      return gapClosed(by: system.name).map { (system.name, $0) }
    }
  }

  /// The mean difference of two systems over the same rows, with its interval.
  public func difference(_ first: String, _ second: String) -> Estimate? {
    guard let first = self[first], let second = self[second] else { return nil }
    return Estimate(zip(first.scores, second.scores).map { $0 - $1 }, weights: first.weights)
  }

  /// Every steered system against the base, the expert and the directly tuned model.
  public var differences: [(first: String, second: String, estimate: Estimate)] {
    let ends = ["base", "expert", "tuned"]
    return systems.map(\.name).filter { !ends.contains($0) }.flatMap { name in
      ends.compactMap { end in difference(name, end).map { (name, end, $0) } }
    }
  }

  /// What is plainly to be said where steering doesn't pay: which simpler system is better on these rows.
  public var warnings: [String] {
    guard let proxied = self["proxied"]?.estimate.mean else { return [] }
    return [("base", "the base alone"), ("expert", "the expert alone")].compactMap { name, words in
      guard let other = self[name]?.estimate.mean else { return nil }
      let isBetter = metric.isHigherBetter ? other > proxied : other < proxied
      return isBetter
        ? "\(words) is better than the two together (\(metric.text(other)) and \(metric.text(proxied)))" : nil
    }
  }
}
