import Formats

/// RealTimeQA (Kasai et al., 2023): `question_sentence`, `choices`, and `answer`, a list of the right one's index.
///
/// Other files of multiple choice fit too: a question, choices, and an answer that is an index, a letter or a text.
/// What may be an index and a choice is the choice there, and the index in lists and RealTimeQA's own files.
enum RealTimeQAImporter: Importer {
  static let name = "realtimeqa"
  static let summary = "question_sentence, choices and the index of the right one"
  static let kind = DatasetKind.task
  static let columns = ["question_sentence", "choices", "answer"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    let question = try record.requiredText("question_sentence", "question", "prompt")
    guard let list = record.value("choices")?.arrayValue else { throw record.missing(["choices"]) }
    let choices = list.compactMap(\.stringValue)
    guard choices.count > 1, choices.count == list.count else {
      throw RecordProblem("the field \"choices\" is no list of two texts or more")
    }
    guard let value = record.value("answer") else { throw record.missing(["answer"]) }
    let answers = value.arrayValue ?? [value]
    let prefersIndex = value.arrayValue != nil || record.hasField("question_sentence")
    guard answers.count == 1, let place = place(of: answers[0], in: choices, prefersIndex: prefersIndex)
    else {
      throw RecordProblem("the answer \(value.text()) is not one of its choices")
    }
    return DatasetRow([
      "prompt": question, "response": choices[place], "answer": choices[place],
      "choices": JSON.array(list).text(),
    ])
  }

  private static func place(of answer: JSON, in choices: [String], prefersIndex: Bool) -> Int? {
    let number = answer.intValue ?? answer.stringValue.flatMap { Int($0) }
    let index = number.flatMap { choices.indices.contains($0) ? $0 : nil }
    let same = answer.stringValue.flatMap { choices.firstIndex(of: $0) }
    let named = answer.stringValue.flatMap { text in choices.indices.first { text == letter($0) } }
    return (prefersIndex ? index ?? same : same ?? index) ?? named
  }

  private static func letter(_ index: Int) -> String { Unicode.Scalar(65 + index).map { String($0) } ?? "" }
}
