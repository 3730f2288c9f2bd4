import Diagnostics
import Formats

/// A list of messages in one spelling, however a file spells them.
///
/// `role` is one that chat templates know, `content` is a text. Calls of tools are kept, and `train: false`
/// on a message that shall not be learned.
struct Conversation {
  private var messages: [JSONObject] = []

  /// What a message's author may be called, and what we call it.
  private static let roles = [
    "user": "user", "human": "user", "prompter": "user", "assistant": "assistant", "gpt": "assistant",
    "chatgpt": "assistant", "bot": "assistant", "model": "assistant", "system": "system",
    "developer": "developer", "tool": "tool", "ipython": "tool", "observation": "tool", "function": "tool",
    "function_response": "tool", "function_call": "assistant", "tool_call": "assistant",
  ]

  init() {}

  /// Reads messages as OpenAI (`role`, `content`) or ShareGPT (`from`, `value`) write them.
  init(messages list: JSON) throws(RecordProblem) {
    guard let list = list.arrayValue else {
      throw RecordProblem("the messages are \(list.kindName), and a list is needed")
    }
    for (place, message) in list.enumerated() {
      do throws(RecordProblem) {
        messages.append(try Self.message(message))
      } catch {
        throw RecordProblem("message \(place): \(error.reason)", advice: error.advice)
      }
    }
  }

  var isEmpty: Bool { messages.isEmpty }
  var json: JSON { .array(messages.map { .object($0) }) }

  mutating func append(_ role: String, _ content: String) {
    messages.append(["role": .string(role), "content": .string(content)])
  }

  mutating func append(contentsOf other: Conversation) { messages += other.messages }

  /// The same after what a system message says, unless that is nothing or one stands there already.
  func beginning(withSystem text: String?) -> Conversation {
    let first = messages.first?["role"]?.stringValue ?? ""
    guard let text, !text.isEmpty, !["system", "developer"].contains(first) else { return self }
    var conversation = Conversation()
    conversation.append("system", text)
    conversation.append(contentsOf: self)
    return conversation
  }

  /// The row of a conversation in which the assistant says something.
  func row() throws(RecordProblem) -> DatasetRow {
    guard messages.contains(where: { $0["role"] == "assistant" }) else {
      throw RecordProblem("the conversation has no message by the assistant, so there is nothing to learn")
    }
    return DatasetRow(["messages": json.text()])
  }

  /// The messages before the assistant's last one, which ends the conversation, and its text.
  var splitBeforeLastAnswer: (before: Conversation, answer: String)? {
    guard let last = messages.last, last["role"] == "assistant", let answer = last["content"]?.stringValue
    else { return nil }
    var before = Conversation()
    before.messages = messages.dropLast()
    return (before, answer)
  }

  /// The text of a conversation that is one message by the user.
  var soleUserText: String? {
    guard messages.count == 1, messages[0]["role"] == "user" else { return nil }
    return messages[0]["content"]?.stringValue
  }

  /// The tools that a conversation may call, as JSON; files also keep them as JSON inside a text.
  static func tools(_ value: JSON) throws(RecordProblem) -> String {
    guard case .string(let text) = value else { return value.text() }
    guard !text.isEmpty else { return "" }
    do {
      return try JSON.parse(text, source: "tools").text()
    } catch {
      throw RecordProblem("the field \"tools\" holds a text that is no JSON")
    }
  }

  // MARK: - One message

  private static func message(_ value: JSON) throws(RecordProblem) -> JSONObject {
    guard let fields = value.objectValue else {
      throw RecordProblem("it is \(value.kindName), and an object with role and content is needed")
    }
    guard let author = (fields["role"] ?? fields["from"])?.stringValue else {
      throw RecordProblem("it has no \"role\"")
    }
    guard let role = roles[author] else {
      throw RecordProblem(
        "there is no role \"\(author)\"",
        advice: nearest(to: author, among: roles.keys.sorted()).map { "did you mean \($0)?" })
    }
    var message: JSONObject = ["role": .string(role)]
    let content = fields["content"] ?? fields["value"]
    if author == "function_call" || author == "tool_call", let call = content.flatMap(toolCall) {
      message["content"] = ""
      message["tool_calls"] = .array([call])
    } else {
      message["content"] = .string(try text(of: content ?? .null))
    }
    for name in ["tool_calls", "tool_call_id", "name", "reasoning_content"] {
      if let kept = fields[name], !kept.isNull { message[name] = kept }
    }
    let isWeightless = ["weight", "loss_weight"].contains { fields[$0]?.doubleValue == 0 }
    if role == "assistant", isWeightless || fields["train"]?.boolValue == false { message["train"] = false }
    try check(message, role: role)
    return message
  }

  private static func check(_ message: JSONObject, role: String) throws(RecordProblem) {
    guard role == "assistant" || role == "user", message["tool_calls"] == nil else { return }
    guard message["content"]?.stringValue?.contains(where: { !$0.isWhitespace }) == true else {
      throw RecordProblem("the \(role)'s message is empty")
    }
  }

  /// The text of a message whose content is a text or a list of parts that are texts.
  private static func text(of content: JSON) throws(RecordProblem) -> String {
    switch content {
    case .null: return ""
    case .string(let text): return text
    case .array(let parts):
      var text = ""
      for part in parts {
        guard part["type"]?.stringValue ?? "text" == "text",
          let piece = (part["text"] ?? part["value"] ?? part).stringValue
        else {
          throw RecordProblem("its content has a part that is no text", advice: "only text can be learned")
        }
        text += piece
      }
      return text
    default: throw RecordProblem("its content is \(content.kindName), and a text is needed")
    }
  }

  /// A call that ShareGPT files keep as JSON in a message's text.
  private static func toolCall(_ content: JSON) -> JSON? {
    guard let text = content.stringValue, let call = try? JSON.parse(text, source: "function_call"),
      let name = call["name"]
    else { return nil }
    return ["type": "function", "function": ["name": name, "arguments": call["arguments"] ?? [:]]]
  }
}
