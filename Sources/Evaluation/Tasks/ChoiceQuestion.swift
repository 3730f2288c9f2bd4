/// A question with answers to choose from.
public struct ChoiceQuestion: Sendable, Hashable {
  public var question: String
  public var choices: [String]
  /// Which of them are true; mostly one.
  public var correct: Set<Int>

  public init(question: String, choices: [String], correct: Set<Int>) {
    self.question = question
    self.choices = choices
    self.correct = correct
  }

  /// The question with its choices behind letters, and the words that a letter follows.
  public var letterPrompt: TaskPrompt {
    let lines = zip(ChoiceLetter.letters(choices.count), choices).map { "\($0). \($1)" }
    let text = ([question] + lines).joined(separator: "\n")
    return TaskPrompt(plain: text + "\n\nThe answer is:", message: text, cue: "The answer is:")
  }

  /// The question alone, before the text of an answer.
  public var openPrompt: TaskPrompt {
    TaskPrompt(plain: "Question: \(question)\nAnswer:", message: question)
  }

  /// The letters, or for longer lists the texts, of what is true.
  var reference: String {
    let letters = ChoiceLetter.letters(choices.count)
    return correct.sorted().map { "\(letters[$0]). \(choices[$0])" }.joined(separator: " | ")
  }
}

extension TaskRows {
  /// Reads questions with their choices: `prompt`, `choices` (a JSON list), and `answer`, which is a letter, an index
  /// from 0 or the text of a choice.
  ///
  /// - Throws: `EvaluationError` for rows that aren't such questions.
  func choiceQuestions() throws -> [ChoiceQuestion] {
    try rows.indices.map { row in
      let question = try required("prompt", "question", row: row)
      guard let choices = try texts("choices", row: row) else {
        throw EvaluationError.missingColumn(path: path, row: row, columns: ["choices"])
      }
      let answer = try required("answer", "response", row: row)
      guard let correct = Self.place(of: answer, in: choices) else {
        throw EvaluationError.noRightChoice(path: path, row: row, answer: answer)
      }
      return ChoiceQuestion(question: question, choices: choices, correct: [correct])
    }
  }

  /// The text of a choice comes first, so that choices which are numbers or letters themselves are found.
  private static func place(of answer: String, in choices: [String]) -> Int? {
    if let place = choices.firstIndex(of: answer) { return place }
    if let place = Int(answer) { return choices.indices.contains(place) ? place : nil }
    return ChoiceLetter.letters(choices.count).firstIndex(of: answer)
  }
}
