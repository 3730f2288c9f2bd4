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

  /// (proxied − base) / (directly tuned − base); nil where there's no directly tuned model, or where it isn't better
  /// than the base: then there is no gap, and coming near to it is no gain.
  public func gapClosed(by name: String = "proxied") -> Double? {
    guard let base = self["base"]?.estimate.mean, let tuned = self["tuned"]?.estimate.mean,
      let proxied = self[name]?.estimate.mean, metric.isBetter(tuned, than: base)
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

  /// The systems that are single models, which steered ones are compared with.
  private var ends: [String] { simple + (self["tuned"] == nil ? [] : ["tuned"]) }

  /// The models that steering puts together, as far as they were asked alone.
  private var simple: [String] {
    systems.map(\.name).filter { $0 == "base" || SystemName.isExpert($0) }
  }

  /// The systems that are steered; what was chosen is left out where it is one of the others.
  private var steered: [String] {
    let isRepeated = self["auto"].map { auto in systems.count { $0.rows == auto.rows } > 1 } ?? false
    return systems.map(\.name).filter { !ends.contains($0) && !($0 == "auto" && isRepeated) }
  }

  /// Every steered system against the base, the expert and the directly tuned model; that against the base; and what
  /// training the expert through the ensemble is worth.
  public var differences: [(first: String, second: String, estimate: Estimate)] {
    let pairs =
      steered.flatMap { name in ends.map { (name, $0) } } + [("tuned", "base"), ("through", "proxied")]
    return pairs.compactMap { first, second in difference(first, second).map { (first, second, $0) } }
  }

  /// What is plainly to be said: which simpler system is better on these rows, that there is no gap to close or only
  /// perhaps one, and which prompts were too long.
  public var warnings: [String] { simplerWarnings + gapWarnings + lengthWarnings }

  private var simplerWarnings: [String] {
    steered.flatMap { name in
      simple.compactMap { end in
        guard let steered = self[name]?.estimate.mean, let alone = self[end]?.estimate.mean,
          metric.isBetter(alone, than: steered), let difference = difference(name, end)
        else { return nil }
        return "the \(end) alone is better than \(name): \(metric.text(alone)) and \(metric.text(steered))"
          + (difference.excludesZero ? "" : ", which may be chance")
      }
    }
  }

  private var gapWarnings: [String] {
    guard let base = self["base"]?.estimate.mean, let tuned = self["tuned"]?.estimate.mean,
      let difference = difference("tuned", "base")
    else { return [] }
    let scores = "\(metric.text(tuned)), the base \(metric.text(base))"
    guard metric.isBetter(tuned, than: base) else {
      return ["direct tuning doesn't help: \(scores); there is no gap to close"]
    }
    return difference.excludesZero
      ? [] : ["direct tuning's gain may be chance: \(scores); the gap closed says little"]
  }

  private var lengthWarnings: [String] {
    let counts = systems.filter { $0.tooLongCount > 0 }.map { "\($0.tooLongCount) for \($0.name)" }
    return counts.isEmpty
      ? [] : ["prompts are too long and count as wrong: \(counts.joined(separator: ", "))"]
  }
}
