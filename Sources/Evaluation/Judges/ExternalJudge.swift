import Formats

/// A judge or classifier outside this process, which is sent objects of JSON and replies with probabilities.
///
/// A judge is sent `{"question":…,"first":…,"second":…}` and a classifier `{"question":…,"answer":…}`; either replies
/// `{"probability":p}`, or null for p where it can't say.
public protocol ExternalJudge: AnswerJudge, AnswerClassifier {
  /// The probability that it replies to each request; nil where it can't say.
  func verdicts(on requests: [JSON]) throws -> [Double?]
}

extension ExternalJudge {
  public func preferences(_ pairs: [AnswerPair]) throws -> [Double?] {
    try verdicts(
      on: pairs.map {
        ["question": .string($0.question), "first": .string($0.first), "second": .string($0.second)]
      })
  }

  public func probabilities(_ answers: [JudgedAnswer]) throws -> [Double?] {
    try verdicts(on: answers.map { ["question": .string($0.question), "answer": .string($0.answer)] })
  }

  /// Reads a reply.
  static func verdict(in reply: JSON) throws(TransportFailure) -> Double? {
    guard let verdict = reply["probability"] else {
      throw .garbage("no \"probability\" in \(reply.text().prefix(80))")
    }
    if verdict.isNull { return nil }
    guard let probability = verdict.doubleValue, (0...1).contains(probability) else {
      throw .garbage("\(verdict.text().prefix(80)) is no probability")
    }
    return probability
  }
}
