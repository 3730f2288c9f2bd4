import Formats

/// Open questions with the answers that count as right: TriviaQA (Joshi et al., 2017) and WebQuestions.
///
/// `answer` is a text, a list of them, or TriviaQA's object with `value` and `aliases`.
enum OpenQuestionImporter: Importer {
  static let name = "triviaqa"
  static let summary = "question and answer, with aliases; also WebQuestions' qText and answers"
  static let kind = DatasetKind.task
  static let columns = ["question", "answer"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    let question = try record.requiredText("question", "Question", "qText")
    guard let answer = record.value("answer", "Answer", "answers") else {
      throw record.missing(["answer"])
    }
    let texts = answers(answer).filter { text in text.contains { !$0.isWhitespace } }
    guard let first = texts.first else { throw RecordProblem("the answer says nothing") }
    var seen: Set<String> = []
    let aliases = texts.filter { seen.insert($0).inserted }
    return DatasetRow([
      "prompt": question, "response": first, "answer": first,
      "aliases": JSON.array(aliases.map { .string($0) }).text(),
    ])
  }

  private static func answers(_ value: JSON) -> [String] {
    if let text = value.stringValue { return [text] }
    if let list = value.arrayValue { return list.compactMap(\.stringValue) }
    return ["value", "Value", "aliases", "Aliases"].flatMap { value[$0].map(answers) ?? [] }
  }
}
