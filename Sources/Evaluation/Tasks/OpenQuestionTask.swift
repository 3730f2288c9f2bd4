/// Open questions with short answers: TriviaQA (Joshi and others, 2017), WebQuestions and the like.
///
/// The paper compares lower-cased texts; here articles, punctuation and white space don't count either, and the words'
/// F1 is measured beside.
public struct OpenQuestionTask: RowGradedTask, Sendable {
  public let name: String
  public let metric = Metric("exact match")
  public let rule = "SQuAD's normalised exact match with any alias; word F1 beside"

  private let prompts: [String]
  private let aliases: [[String]]
  private let maximumTokens: Int

  /// True answers are the column `aliases` (a JSON list), else `answer`, else `response`.
  public init(
    rows: TaskRows, name: String = "triviaqa", presentation: Presentation = .plain, maximumTokens: Int = 20
  ) throws {
    self.name = name
    self.maximumTokens = maximumTokens
    prompts = try rows.rows.indices.map { row in
      let question = try rows.required("prompt", "question", row: row)
      let prompt = TaskPrompt(plain: "Question: \(question)\nAnswer:", message: question)
      return try presentation.text(prompt, path: rows.path, row: row)
    }
    aliases = try rows.rows.indices.map { row in
      try rows.texts("aliases", row: row) ?? [try rows.required("answer", "response", row: row)]
    }
  }

  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { aliases[row].joined(separator: " | ") }

  public func query(_ row: Int) -> Query {
    .generation(GenerationQuery(prompt: prompts[row], stops: ["\n"], maximumTokens: maximumTokens))
  }

  public func grade(_ response: Response, row: Int) -> Grade {
    let answer = response.text
    let normalized = AnswerNormalization.normalized(answer)
    let score = AnswerNormalization.exactMatch(answer, among: aliases[row])
    return Grade(
      score, answer: normalized.isEmpty ? (score > 0 ? answer : nil) : normalized,
      measures: ["f1": AnswerNormalization.wordF1(answer, among: aliases[row])])
  }
}
