/// One question and what counts as its answer.
public struct TaskExample: Sendable, Hashable {
  public var prompt: String
  public var answer: String

  public init(prompt: String, answer: String) {
    self.prompt = prompt
    self.answer = answer
  }
}

/// Questions with a rule for their answers: the plainest task.
public struct QuestionTask: RowGradedTask, Sendable {
  public var name: String
  public var examples: [TaskExample]
  public var answerRule: AnswerRule
  public var stops: [String]
  public var maximumTokens: Int
  public var metric = Metric.accuracy

  public init(
    name: String, examples: [TaskExample], rule: AnswerRule, stops: [String] = ["\n"], maximumTokens: Int = 64
  ) {
    self.name = name
    self.examples = examples
    answerRule = rule
    self.stops = stops
    self.maximumTokens = maximumTokens
  }

  /// The questions of rows that have been read.
  public init(
    rows: TaskRows, rule: AnswerRule, presentation: Presentation, stops: [String] = ["\n"],
    maximumTokens: Int = 64
  ) throws {
    let examples = try rows.rows.indices.map { row in
      TaskExample(
        prompt: try presentation.text(
          TaskPrompt(try rows.required("prompt", row: row)), path: rows.path, row: row),
        answer: try rows.required("answer", "response", row: row))
    }
    self.init(
      name: rows.name, examples: examples, rule: rule, stops: stops, maximumTokens: maximumTokens)
  }

  public var rule: String { answerRule.rawValue }
  public var rowCount: Int { examples.count }
  public func reference(_ row: Int) -> String { examples[row].answer }

  public func query(_ row: Int) -> Query {
    .generation(
      GenerationQuery(prompt: examples[row].prompt, stops: stops, maximumTokens: maximumTokens))
  }

  public func grade(_ response: Response, row: Int) -> Grade {
    Grade(
      answerRule.score(response.text, answer: examples[row].answer),
      answer: answerRule.answer(in: response.text))
  }
}
