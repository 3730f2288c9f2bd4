import Diagnostics
import Formats
import Foundation

/// One message of a conversation.
public struct ChatMessage: Sendable, Hashable {
  public var role: String
  /// A text, or parts as some templates take them.
  public var content: JSON

  public init(role: String, content: JSON) {
    self.role = role
    self.content = content
  }

  var json: JSON { .object(["role": .string(role), "content": content]) }
}

extension Tokenizer {
  /// The model's own chat template; nil where it has none, or one that can't be read.
  public var chatTemplate: ChatTemplate? { try? readChatTemplate() }

  /// The model's own chat template, for a conversation that needs one.
  ///
  /// - Parameter hasTools: Whether the conversation offers tools, for which a model may have a template of its own.
  /// - Throws: `ChatError.noTemplate`; what reading it throws.
  public func requireChatTemplate(hasTools: Bool = false) throws -> ChatTemplate {
    guard let template = try readChatTemplate(hasTools: hasTools) else { throw ChatError.noTemplate }
    return template
  }

  /// A conversation as the model reads it, up to where its answer begins.
  public func encodeChat(_ messages: [ChatMessage], now: Date = Date()) throws -> [TokenID] {
    let text = try requireChatTemplate().render(
      messages: .array(messages.map(\.json)), tools: nil, addGenerationPrompt: true,
      specialTokens: specialTokenTexts, now: now)
    return encode(text, addSpecialTokens: false)
  }

  /// A conversation as a JSON value has it: `messages`, and perhaps `tools` and `add_generation_prompt`.
  ///
  /// Other keys are handed to the template by their names.
  public func renderChat(_ request: JSON, source: String, now: Date = Date()) throws -> String {
    guard let object = request.objectValue, let messages = object["messages"], messages.arrayValue != nil
    else { throw ChatError.noMessages(path: source) }
    let own = ["messages", "tools", "add_generation_prompt"]
    let hasTools = object["tools"].map { !$0.isNull } ?? false
    return try requireChatTemplate(hasTools: hasTools).render(
      messages: messages, tools: object["tools"],
      addGenerationPrompt: object["add_generation_prompt"]?.boolValue ?? true,
      specialTokens: specialTokenTexts,
      extra: JSONObject(object.filter { !own.contains($0.key) }.map { ($0.key, $0.value) }), now: now)
  }

  private func readChatTemplate(hasTools: Bool = false) throws -> ChatTemplate? {
    let templates = definition.chatTemplates
    func named(_ name: String) -> (name: String, source: String)? { templates.first { $0.name == name } }
    // As transformers chooses.
    let forTools = hasTools ? named(TokenizerDefinition.toolTemplateName) : nil
    let chosen = forTools ?? named(TokenizerDefinition.defaultTemplateName) ?? templates.first
    return try chosen.map { try ChatTemplate(source: $0.source, name: $0.name) }
  }
}

/// Why a conversation can't be rendered.
public enum ChatError: DiagnosticError, Hashable {
  case noTemplate
  case noMessages(path: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .noTemplate:
      [
        Diagnostic(
          "the model has no chat template", advice: "give it a plain prompt, or use a model tuned for chats")
      ]
    case .noMessages(let path):
      [
        Diagnostic(
          "there is no list \"messages\"", at: .init(path),
          advice: "the file holds {\"messages\": [{\"role\": …, \"content\": …}]}")
      ]
    }
  }
}
