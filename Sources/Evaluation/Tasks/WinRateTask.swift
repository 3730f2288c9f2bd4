import Datasets
import Formats

/// How often a judge prefers an answer to the reference answer: the way of AlpacaEval and AlpacaFarm (Dubois and
/// others, 2023).
///
/// Both orders are asked for, since judges prefer places; a verdict that follows the order is half a win.
public struct WinRateTask: EvaluationTask {
  public let name: String
  public let metric = Metric("win rate")
  private let judge: any AnswerJudge
  private let questions: [String]
  private let prompts: [String]
  private let references: [String]
  private let maximumTokens: Int

  /// Rows have `prompt` and `response` (of preferences the chosen one), or `messages` that end with the reference
  /// answer.
  public init(
    rows: TaskRows, judge: any AnswerJudge, presentation: Presentation = .plain, maximumTokens: Int = 2048
  ) throws {
    name = rows.name
    self.judge = judge
    self.maximumTokens = maximumTokens
    let pairs = try rows.rows.indices.map { try WinRateTask.exchange(rows, $0) }
    questions = pairs.map(\.question)
    references = pairs.map(\.reference)
    prompts = try questions.enumerated().map {
      try presentation.text(TaskPrompt($1), path: rows.path, row: $0)
    }
  }

  /// The last question of a row and its answer.
  private static func exchange(_ rows: TaskRows, _ row: Int) throws -> (question: String, reference: String) {
    guard let messages = try rows.rows[row].messages(source: rows.path) else {
      let reference = try rows.required("response", "answer", "chosen", row: row)
      return (try rows.required("prompt", row: row), reference)
    }
    guard messages.last?["role"]?.stringValue == "assistant" else {
      throw EvaluationError.missingColumn(path: rows.path, row: row, columns: ["messages (assistant last)"])
    }
    func last(_ role: String) throws -> String {
      guard let text = messages.last(where: { $0["role"]?.stringValue == role })?["content"]?.stringValue
      else { throw EvaluationError.missingColumn(path: rows.path, row: row, columns: ["messages (\(role))"]) }
      return text
    }
    return (try last("user"), try last("assistant"))
  }

  public var rule: String { "preferred to the reference in both orders, by \(judge.fingerprint)" }
  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { references[row] }

  public func query(_ row: Int) -> Query {
    .generation(
      GenerationQuery(prompt: prompts[row], stops: ["\n\nComment:"], maximumTokens: maximumTokens))
  }

  public func grades(_ responses: [RowResponse]) throws -> [Grade] {
    let pairs = responses.map { response in
      AnswerPair(
        question: questions[response.row], first: response.response.text, second: references[response.row])
    }
    return zip(pairs, try judge.preferencesInBothOrders(pairs)).map { pair, preference in
      Grade(
        preference ?? 0, answer: preference == nil ? nil : pair.first,
        measures: ["characters": Double(pair.first.count)])
    }
  }
}
