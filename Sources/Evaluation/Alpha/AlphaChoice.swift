import Formats
import Foundation

/// What `--alpha auto` decides: a strength, or one of the two models alone where that is better.
public struct AlphaChoice: Sendable {
  /// What is used from now on.
  public enum System: Sendable, Hashable {
    case proxied(alpha: Float)
    /// The base, or an expert by its name.
    case alone(String)
  }

  /// What was chosen for a task, as other programs read it: the system, its strength, and why.
  public func json(task: String) -> JSON {
    var object: JSONObject = ["task": .string(task)]
    switch system {
    case .proxied(let alpha):
      object["system"] = "proxied"
      object["value"] = .number(Double("\(alpha)") ?? Double(alpha))
    case .alone(let name): object["system"] = .string(name)
    }
    object["reason"] = .string(reason)
    return .object(object)
  }

  public let system: System
  /// Why, in a sentence for people.
  public let reason: String

  /// Chooses by a sweep.
  ///
  /// Of equals the cheaper is taken: the expert, then the base, then the strength nearest to the paper's 1.
  ///
  /// - Parameter experts: What each expert alone scores on the same rows, by its name; empty where none was asked.
  public init(_ sweep: AlphaSweep, experts: [(name: String, estimate: Estimate)] = []) {
    let metric = sweep.metric
    func value(_ estimate: Estimate) -> Double { metric.isHigherBetter ? estimate.mean : -estimate.mean }
    let base = sweep.points.first { $0.alpha == 0 }
    let steered = sweep.points.filter { $0.alpha != 0 }.max { one, other in
      (value(one.estimate), -abs(one.alpha - 1)) < (value(other.estimate), -abs(other.alpha - 1))
    }
    func text(_ estimate: Estimate) -> String { metric.text(estimate.mean) }
    let rows = "on \(sweep.rowCount) \(sweep.isLabelled ? "development rows" : "prompts") (\(metric.name))"
    let expert = experts.max { value($0.estimate) < value($1.estimate) }
    func fallback(_ name: String, _ estimate: Estimate) -> String {
      "the \(name) alone scores \(text(estimate)) \(rows), no strength of the offset does better: "
        + "falling back to the \(name)"
    }
    let best = [steered?.estimate, base?.estimate].compactMap { $0 }.map(value).max()
    if let expert, best.map({ value(expert.estimate) >= $0 }) ?? true {
      system = .alone(expert.name)
      reason = fallback(expert.name, expert.estimate)
    } else if let base, steered.map({ value(base.estimate) >= value($0.estimate) }) ?? true {
      system = .alone("base")
      reason = fallback("base", base.estimate)
    } else if let steered {
      system = .proxied(alpha: steered.alpha)
      reason =
        String(format: "α = %g", steered.alpha) + " scores best \(rows): \(text(steered.estimate))"
        + (base.map { ", the base alone \(text($0.estimate))" } ?? "")
        + (expert.map { ", the \($0.name) alone \(text($0.estimate))" } ?? "")
    } else {
      system = .alone("base")
      reason = "there is nothing to choose from: falling back to the base"
    }
  }
}
