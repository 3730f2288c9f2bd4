import Formats

/// Pairs of answers to one prompt, the better one `chosen`, the other one `rejected`.
///
/// Each is a text, one message, or a list of messages; a list may repeat the prompt, which is then left out
/// of the answer. A prompt that is a longer conversation is kept as JSON. It may also be an `instruction` and
/// its `input`, and a `system` message may come before it.
enum PreferenceImporter: Importer {
  static let name = "preference"
  static let summary = "prompt (or instruction and input), chosen, rejected; texts or messages; also system"
  static let kind = DatasetKind.preference
  static let columns = ["prompt", "chosen", "rejected", "instruction", "input", "system"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    var prompt: Conversation?
    if let value = record.value("prompt", "conversations", "messages") {
      prompt = try conversation(value, by: "user", field: "prompt")
    } else if let value = record.value("instruction", "question") {
      prompt = try conversation(value, by: "user", field: "prompt")
      if let instruction = value.stringValue {
        prompt = try conversation(.string(record.withInput(instruction)), by: "user", field: "prompt")
      }
    }
    let system = try record.text("system")
    let chosen = try answer("chosen", in: &record, prompt: &prompt, system: system)
    let rejected = try answer("rejected", in: &record, prompt: &prompt, system: system)
    guard let prompt = prompt?.beginning(withSystem: system), !prompt.isEmpty else {
      throw record.missing(["prompt"])
    }
    return DatasetRow([
      "prompt": prompt.soleUserText ?? prompt.json.text(), "chosen": chosen, "rejected": rejected,
    ])
  }

  /// The text of one answer; what comes before it is the prompt, and no other than that which is known already.
  ///
  /// - Parameter system: a message that one of them may begin with and the other leave to the record.
  private static func answer(
    _ name: String, in record: inout Record, prompt: inout Conversation?, system: String?
  ) throws(RecordProblem) -> String {
    guard let value = record.value(name, "\(name)_messages") else { throw record.missing([name]) }
    let messages = try conversation(value, by: "assistant", field: name)
    guard let (before, answer) = messages.splitBeforeLastAnswer else {
      throw RecordProblem("the field \"\(name)\" has no answer by the assistant at its end")
    }
    guard !before.isEmpty else { return answer }
    if let known = prompt?.beginning(withSystem: system),
      known.json != before.beginning(withSystem: system).json
    {
      throw RecordProblem(
        "the field \"\(name)\" answers another prompt",
        advice: "give both answers of a pair after the same messages")
    }
    prompt = before
    return answer
  }

  /// The messages of a field; a plain text is one message by `role`.
  private static func conversation(
    _ value: JSON, by role: String, field: String
  ) throws(RecordProblem) -> Conversation {
    switch value {
    case .string(let text):
      guard text.contains(where: { !$0.isWhitespace }) else {
        throw RecordProblem("the field \"\(field)\" is empty")
      }
      var conversation = Conversation()
      conversation.append(role, text)
      return conversation
    case .object: return try Conversation(messages: .array([value]))
    case .array: return try Conversation(messages: value)
    default:
      throw RecordProblem(
        "the field \"\(field)\" is \(value.kindName), and a text or messages are needed")
    }
  }
}
