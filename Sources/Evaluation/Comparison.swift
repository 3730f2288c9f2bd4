import Formats
import Foundation

/// A system's answers to a task, example by example.
public struct SystemResult: Sendable {
  /// Which system: base, expert, proxied, tuned or another.
  public let name: String
  public let responses: [String]
  public let scores: [Double]

  public init(name: String, responses: [String], scores: [Double]) {
    self.name = name
    self.responses = responses
    self.scores = scores
  }

  public var estimate: Estimate { Estimate(scores) }

  /// A line an answer, for people and programs who want to see for themselves.
  public func answerLines(of task: Task) -> [JSON] {
    task.examples.indices.map { index in
      .object([
        "task": .string(task.name), "system": .string(name), "question": .string(task.examples[index].prompt),
        "answer": .string(task.examples[index].answer), "response": .string(responses[index]),
        "score": .number(scores[index]),
      ])
    }
  }
}

/// All systems on the same examples: the paper's table (section 3), a row a task.
public struct Comparison: Sendable {
  public let task: String
  public let systems: [SystemResult]

  public init(task: String, systems: [SystemResult]) {
    self.task = task
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

  /// The mean difference of two systems over the same examples, with its interval.
  public func difference(_ first: String, _ second: String) -> Estimate? {
    guard let first = self[first], let second = self[second] else { return nil }
    return Estimate(zip(first.scores, second.scores).map { $0 - $1 })
  }

  /// As other programs read it.
  public var json: JSON {
    var scores = JSONObject()
    for system in systems { scores[system.name] = system.estimate.json }
    return .object([
      "task": .string(task), "systems": .object(scores),
      "gap_closed": gapClosed().map { .number($0) } ?? .null,
    ])
  }
}

extension Comparison {
  /// As a person reads it: a line a system, then the gap closed.
  public var table: String {
    var lines = ["\(task), \(systems.first?.scores.count ?? 0) questions"]
    for system in systems {
      lines.append(
        "  \(system.name.padding(toLength: 22, withPad: " ", startingAt: 0))\(system.estimate.text)")
    }
    if let gap = gapClosed() { lines.append(String(format: "  gap closed            %5.1f %%", 100 * gap)) }
    return lines.joined(separator: "\n")
  }
}
