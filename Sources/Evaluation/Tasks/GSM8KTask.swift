import Foundation

/// Grade school mathematics (Cobbe and others, 2021): the last number of an answer must be the true one.
///
/// As the paper asks it, without its faults: a number keeps its sign, and an answer without a number is wrong.
public struct GSM8KTask: RowGradedTask, Sendable {
  public let name = "gsm8k"
  public let metric = Metric("exact match")
  public let rule = "last number, with its sign; thousands' commas aside"

  private let prompts: [String]
  private let answers: [Decimal]
  private let maximumTokens: Int

  /// What a model goes on with when it has answered and asks itself the next question.
  private static let stops = ["Answer the following question", "Question:", "Comment:"]

  /// - Throws: `EvaluationError` for rows without a number to compare with.
  public init(rows: TaskRows, presentation: Presentation = .plain, maximumTokens: Int = 512) throws {
    self.maximumTokens = maximumTokens
    prompts = try rows.rows.indices.map { row in
      let question = try rows.required("prompt", "question", row: row)
      let prompt = TaskPrompt(
        plain: "Answer the following question.\n\nQuestion: \(question)\nAnswer:", message: question)
      return try presentation.text(prompt, path: rows.path, row: row)
    }
    answers = try rows.rows.indices.map { row in
      let answer = try rows.required("answer", "response", row: row)
      guard let number = AnswerExtraction.lastNumber(in: answer) else {
        throw EvaluationError.noNumber(path: rows.path, row: row, answer: answer)
      }
      return number
    }
  }

  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { "\(answers[row])" }

  public func query(_ row: Int) -> Query {
    .generation(
      GenerationQuery(prompt: prompts[row], stops: Self.stops, maximumTokens: maximumTokens))
  }

  public func grade(_ response: Response, row: Int) -> Grade {
    guard let number = AnswerExtraction.lastNumber(in: response.text) else { return .unparsed }
    // The share of answers in the training set's own form tells how far the expert's style carries over.
    let isMarked = response.text.contains("####")
    return Grade(
      number == answers[row] ? 1 : 0, answer: "\(number)", measures: ["marked": isMarked ? 1 : 0])
  }
}
