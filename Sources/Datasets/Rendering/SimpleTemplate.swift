import Formats

/// A prompt format that needs no template engine: what stands around each message.
public struct SimpleTemplate: Sendable, Hashable {
  /// What it is called on the command line and in recipes.
  public let name: String
  /// What a conversation without a system message begins with.
  let preamble: String
  /// What stands before a message, by its role.
  ///
  /// `{role}` is replaced by the role; roles that aren't listed are as `user`.
  let opening: [String: String]
  /// What stands between a message and the next one's opening, except before the assistant's.
  let separator: String
  /// What ends a message that isn't the assistant's.
  let closing: String
  /// What ends the assistant's messages; nil for the tokenizer's end of sequence.
  let stop: String?
  /// Whether a space goes before the response when neither side brings white space.
  let joinsWithSpace: Bool

  /// The templates that every model can use.
  public static let all: [SimpleTemplate] = [
    SimpleTemplate(
      name: "plain", preamble: "", opening: ["user": ""], separator: "\n", closing: "", stop: nil,
      joinsWithSpace: true),
    SimpleTemplate(
      name: "question-answer", preamble: "",
      opening: ["user": "Question: ", "system": "", "assistant": "\nAnswer:"], separator: "\n\n", closing: "",
      stop: nil, joinsWithSpace: true),
    SimpleTemplate(
      name: "alpaca",
      preamble: "Below is an instruction that describes a task. "
        + "Write a response that appropriately completes the request.\n\n",
      opening: ["user": "### Instruction:\n", "system": "", "assistant": "\n\n### Response:\n"],
      separator: "\n\n", closing: "", stop: nil, joinsWithSpace: false),
    SimpleTemplate(
      name: "chatml", preamble: "",
      opening: ["user": "<|im_start|>{role}\n", "assistant": "<|im_start|>{role}\n"],
      separator: "\n", closing: "<|im_end|>\n", stop: "<|im_end|>", joinsWithSpace: false),
  ]

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - addGenerationPrompt: whether the text ends where the assistant's answer begins.
  ///   - beginning: what a text begins with, and `ending` what it ends with, in the model's special tokens.
  func render(
    _ messages: some Sequence<JSON>, addGenerationPrompt: Bool, beginning: String, ending: String
  ) throws(RenderingProblem) -> String {
    var text = beginning
    var previous: String?
    for message in messages {
      let role = message["role"]?.stringValue ?? "user"
      let content = message["content"]?.stringValue ?? ""
      guard message["tool_calls"] == nil else { throw .toolCalls(template: name) }
      if previous == nil, role != "system" { text += preamble }
      text += opening(role, after: previous)
      if role == "assistant" {
        if joinsWithSpace, let last = text.last, let first = content.first,
          !last.isWhitespace, !first.isWhitespace
        {
          text += " "
        }
        text += content + (stop ?? ending)
      } else {
        text += content + closing
      }
      previous = role
    }
    return addGenerationPrompt ? text + opening("assistant", after: previous) : text
  }

  private func opening(_ role: String, after previous: String?) -> String {
    let opening = (self.opening[role] ?? self.opening["user"] ?? "").replacing("{role}", with: role)
    let continuesTurn = role == "assistant" && closing.isEmpty && previous != "assistant"
    let isSeparated = previous == "assistant" || (closing.isEmpty && !continuesTurn)
    return previous != nil && isSeparated ? separator + opening : opening
  }
}
