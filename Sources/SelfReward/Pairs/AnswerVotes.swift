import Evaluation
import Foundation

/// How a prompt's candidates agree on their final answers (self-consistency).
public struct AnswerVotes: Sendable, Hashable {
  /// Each candidate's answer; nil where none can be read, or where it was cut off.
  public let answers: [Decimal?]
  /// How many candidates share each one's answer, itself included; 0 for those without.
  public let counts: [Int]

  public init(_ candidates: [Candidate]) {
    answers = candidates.map { $0.isComplete ? AnswerExtraction.lastNumber(in: $0.text) : nil }
    var byAnswer: [Decimal: Int] = [:]
    for answer in answers.compactMap({ $0 }) { byAnswer[answer, default: 0] += 1 }
    counts = answers.map { $0.flatMap { byAnswer[$0] } ?? 0 }
  }

  /// The share of all candidates that the most frequent answer has: 1 when they are unanimous.
  public var topShare: Double {
    counts.isEmpty ? 0 : Double(counts.max() ?? 0) / Double(counts.count)
  }

  /// The first candidate with the most frequent answer; nil when none has one.
  public var majority: Int? {
    guard let most = counts.max(), most > 0 else { return nil }
    return counts.firstIndex(of: most)
  }

  /// ScPO's weight of a pair, (V⁺ − V⁻) / k, never below 0.
  public func weight(chosen: Int, rejected: Int) -> Double {
    max(0, Double(counts[chosen] - counts[rejected]) / Double(counts.count))
  }

  /// The entropy of the answers' shares in nats; candidates without an answer are one class.
  public var entropy: Double {
    var classes: [Decimal?: Int] = [:]
    for answer in answers { classes[answer, default: 0] += 1 }
    return classes.values.reduce(0) { sum, count in
      let share = Double(count) / Double(answers.count)
      return sum - share * log(share)
    }
  }
}
