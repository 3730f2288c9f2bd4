import Formats

/// Stanford Alpaca: `instruction`, `input` (may be empty) and `output`; also `system` and `history`, a list
/// of earlier pairs of question and answer.
enum AlpacaImporter: Importer {
  static let name = "alpaca"
  static let summary = "instruction, input, output; also system and history"
  static let kind = DatasetKind.instruction
  static let columns = ["instruction", "input", "output", "system", "history"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    var conversation = Conversation()
    if let system = try record.text("system"), !system.isEmpty { conversation.append("system", system) }
    for (place, turn) in (record.value("history")?.arrayValue ?? []).enumerated() {
      guard let question = turn[0]?.stringValue, let answer = turn[1]?.stringValue else {
        throw RecordProblem("entry \(place) of \"history\" is no pair of texts")
      }
      conversation.append("user", question)
      conversation.append("assistant", answer)
    }
    let instruction = try record.requiredText("instruction")
    conversation.append("user", try record.withInput(instruction))
    conversation.append("assistant", try record.requiredText("output"))
    return try conversation.row()
  }
}
