import Foundation

/// GSM8K (Cobbe et al., 2021): `question` and `answer`, which reasons and ends in `#### NUMBER`.
enum GSM8KImporter: Importer {
  static let name = "gsm8k"
  static let summary = "question and answer with #### before the final number"
  static let kind = DatasetKind.task
  static let columns = ["question", "answer"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    let question = try record.requiredText("question")
    let reasoning = try record.requiredText("answer")
    guard let marker = reasoning.range(of: "####", options: .backwards) else {
      throw RecordProblem("the answer has no \"####\" before its final number")
    }
    let answer = reasoning[marker.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
    guard !answer.isEmpty else { throw RecordProblem("the answer has nothing after \"####\"") }
    return DatasetRow([
      "prompt": question, "response": reasoning,
      "answer": answer.replacingOccurrences(of: ",", with: ""),
    ])
  }
}
