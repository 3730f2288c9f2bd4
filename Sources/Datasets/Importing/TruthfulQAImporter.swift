import Formats

/// TruthfulQA (Lin et al., 2022): `question`, `best_answer`, `correct_answers` and `incorrect_answers`.
///
/// Lists may be JSON or, as in the authors' table, one text with semicolons.
enum TruthfulQAImporter: Importer {
  static let name = "truthfulqa"
  static let summary = "question, best_answer, correct_answers and incorrect_answers"
  static let kind = DatasetKind.task
  static let columns = ["question", "best_answer", "correct_answers", "incorrect_answers"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    let question = try record.requiredText("question", "Question")
    let best = try record.requiredText("best_answer", "Best Answer")
    var correct = list(record.value("correct_answers", "Correct Answers"))
    if !correct.contains(best) { correct.insert(best, at: 0) }
    let incorrect = list(record.value("incorrect_answers", "Incorrect Answers"))
    guard !incorrect.isEmpty else { throw record.missing(["incorrect_answers"]) }
    return DatasetRow([
      "prompt": question, "response": best, "best_answer": best,
      "correct_answers": JSON.array(correct.map { .string($0) }).text(),
      "incorrect_answers": JSON.array(incorrect.map { .string($0) }).text(),
    ])
  }

  private static func list(_ value: JSON?) -> [String] {
    let texts =
      value?.arrayValue?.compactMap(\.stringValue)
      ?? value?.stringValue?.split(separator: ";").map(String.init) ?? []
    return texts.map { text in
      String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }.filter { !$0.isEmpty }
  }
}
