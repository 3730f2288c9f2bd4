/// Conversations as chat interfaces take them: `messages`, a list of `role` and `content`; also `system` and
/// `tools`.
enum MessagesImporter: Importer {
  static let name = "messages"
  static let summary = "messages with role and content; also system and tools"
  static let kind = DatasetKind.instruction
  static let columns = ["messages", "system", "tools"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    guard let messages = record.value("messages", "conversation") else { throw record.missing(["messages"]) }
    let system = try record.text("system")
    var row = try Conversation(messages: messages).beginning(withSystem: system).row()
    if let tools = record.value("tools") { row["tools"] = try Conversation.tools(tools) }
    return row
  }
}
