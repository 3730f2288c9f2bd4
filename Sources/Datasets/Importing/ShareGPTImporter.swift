/// Conversations as ShareGPT kept them: `conversations`, a list of `from` and `value`; also `system` and
/// `tools`.
enum ShareGPTImporter: Importer {
  static let name = "sharegpt"
  static let summary = "conversations with from and value; also system and tools"
  static let kind = DatasetKind.instruction
  static let columns = ["conversations", "system", "tools"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    guard let turns = record.value("conversations", "messages") else {
      throw record.missing(["conversations"])
    }
    var conversation = Conversation()
    if let system = try record.text("system"), !system.isEmpty { conversation.append("system", system) }
    conversation.append(contentsOf: try Conversation(messages: turns))
    var row = try conversation.row()
    if let tools = record.value("tools") { row["tools"] = try Conversation.tools(tools) }
    return row
  }
}
