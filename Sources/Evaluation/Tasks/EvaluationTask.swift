import Formats
import Foundation

/// Questions for a model, and what its answers are worth.
///
/// What a row asks is a pure function of the row, so that any number of systems are asked the same, and an
/// interrupted run goes on with what is left.
public protocol EvaluationTask {
  /// What it is called in tables and files.
  var name: String { get }
  /// What its scores measure.
  var metric: Metric { get }
  /// How answers are read and scored, with everything that scores depend on besides rows and answers.
  var rule: String { get }
  /// How many questions it has.
  var rowCount: Int { get }
  /// What a row asks of a model.
  func query(_ row: Int) -> Query
  /// What would be right, for people who want to see for themselves.
  func reference(_ row: Int) -> String
  /// What responses are worth, in their order.
  ///
  /// - Throws: What a judge, a classifier or the sandbox throws.
  func grades(_ responses: [RowResponse]) throws -> [Grade]
}

extension EvaluationTask {
  /// Names everything that scores depend on but the system: questions, true answers and rule.
  public var fingerprint: Fingerprint {
    var accumulator = Fingerprint.Accumulator()
    func append(_ text: String) {
      Array("\(text.utf8.count) \(text)".utf8).withUnsafeBytes { accumulator.append($0) }
    }
    append(name)
    append("\(metric)")
    append(rule)
    for row in 0..<rowCount {
      append(query(row).description)
      append(reference(row))
    }
    return accumulator.finish()
  }
}

extension EvaluationTask {
  /// Rows with their responses scored; a prompt that was too long for the model counts as wrong.
  ///
  /// It is never left out, and never stops the others.
  func answeredRows(_ responses: [RowResponse]) throws -> [AnsweredRow] {
    var grades = try grades(responses.filter { !$0.response.isTooLong })[...]
    return responses.map { response in
      let grade = response.response.isTooLong ? nil : grades.popFirst()
      return AnsweredRow(
        row: response.row, response: response.response,
        grade: grade ?? Grade(metric.worst, answer: nil))
    }
  }
}

/// A task whose answers are scored one by one, without help from outside.
public protocol RowGradedTask: EvaluationTask {
  /// What a row's response is worth.
  func grade(_ response: Response, row: Int) -> Grade
}

extension RowGradedTask {
  public func grades(_ responses: [RowResponse]) throws -> [Grade] {
    responses.map { grade($0.response, row: $0.row) }
  }
}

/// What a score measures.
public struct Metric: Sendable, Hashable {
  /// Such as `exact match`.
  public var name: String
  public var isHigherBetter: Bool
  /// Whether scores are shares, shown in percent.
  public var isShare: Bool

  public init(_ name: String, isHigherBetter: Bool = true, isShare: Bool = true) {
    self.name = name
    self.isHigherBetter = isHigherBetter
    self.isShare = isShare
  }

  /// Its name, and which way is better where that isn't plain.
  var title: String { isHigherBetter ? name : "\(name), less is better" }

  /// Whether one score is better than another.
  func isBetter(_ score: Double, than other: Double) -> Bool {
    isHigherBetter ? score > other : score < other
  }

  /// The score of a row that nothing was answered to.
  var worst: Double { isHigherBetter ? 0 : 1 }

  /// The share of right answers.
  public static let accuracy = Metric("accuracy")

  /// A score as a person reads it, in percent where it is a share.
  public func text(_ value: Double) -> String {
    isShare ? String(format: "%.1f %%", 100 * value) : String(format: "%.4f", value)
  }
}

/// What an answer is worth.
public struct Grade: Sendable, Hashable {
  public var score: Double
  /// The answer that was found in the response; nil when none could be, which counts as wrong.
  public var answer: String?
  /// How much the row counts in the mean: 1, or the length of a text.
  public var weight: Double
  /// What else was measured, by name.
  public var measures: [String: Double]

  public init(_ score: Double, answer: String?, weight: Double = 1, measures: [String: Double] = [:]) {
    self.score = score
    self.answer = answer
    self.weight = weight
    self.measures = measures
  }

  /// No answer could be found: wrong, never left out.
  public static let unparsed = Grade(0, answer: nil)
}
