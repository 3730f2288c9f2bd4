/// Two answers to one question.
public struct AnswerPair: Sendable, Hashable {
  public var question: String
  public var first: String
  public var second: String

  public init(question: String, first: String, second: String) {
    self.question = question
    self.first = first
    self.second = second
  }
}

/// An answer to be judged on its own.
public struct JudgedAnswer: Sendable, Hashable {
  public var question: String
  public var answer: String

  public init(question: String, answer: String) {
    self.question = question
    self.answer = answer
  }
}

/// Says which of two answers is better: another model, a command, or what somebody writes.
public protocol AnswerJudge {
  /// Names what verdicts depend on.
  var fingerprint: String { get }
  /// For each pair the probability that the first is better; nil where the verdict can't be read.
  func preferences(_ pairs: [AnswerPair]) throws -> [Double?]
}

extension AnswerJudge {
  /// How far the first of two answers is preferred when both orders are asked for: 1 where it wins in both, 0 where it
  /// loses in both, ½ where the verdict follows the order; nil where neither verdict can be read.
  public func preferencesInBothOrders(_ pairs: [AnswerPair]) throws -> [Double?] {
    let swapped = pairs.map { AnswerPair(question: $0.question, first: $0.second, second: $0.first) }
    let verdicts = try preferences(pairs + swapped)
    return pairs.indices.map { index in
      let wins = [verdicts[index], verdicts[index + pairs.count].map { 1 - $0 }].compactMap { $0 }.map {
        win in
        win > 0.5 ? 1.0 : win < 0.5 ? 0 : 0.5
      }
      return wins.isEmpty ? nil : wins.reduce(0, +) / Double(wins.count)
    }
  }
}

/// Says whether answers have a property: toxic, true, informative.
public protocol AnswerClassifier {
  /// Names what verdicts depend on.
  var fingerprint: String { get }
  /// For each answer the probability that it has the property; nil where the verdict can't be read.
  func probabilities(_ answers: [JudgedAnswer]) throws -> [Double?]
}
