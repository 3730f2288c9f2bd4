/// A prompt and the text that should follow it.
enum PromptResponseImporter: Importer {
  static let name = "prompt-response"
  static let summary = "prompt and response (or completion)"
  static let kind = DatasetKind.task
  static let columns = ["prompt", "response"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    DatasetRow([
      "prompt": try record.requiredText("prompt"),
      "response": try record.requiredText("response", "completion"),
    ])
  }
}
