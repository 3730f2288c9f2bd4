public import Diagnostics
public import Formats
public import Foundation

/// A model's chat template: Jinja source that turns a conversation into the text that the model was tuned on.
///
/// It renders as transformers does (Jinja2's immutable sandbox, `trim_blocks`, `lstrip_blocks`, loop controls,
/// `{% generation %}`). A template that can't be rendered throws a `ChatTemplateError` that names the line.
///
/// ```swift
/// let template = try ChatTemplate(source: source, name: "tokenizer_config.json")
/// let text = try template.render(messages: messages, addGenerationPrompt: true, specialTokens: ["bos_token": "<s>"])
/// ```
public struct ChatTemplate: Sendable {
  /// What errors call the template: usually the file that it comes from.
  public let name: String
  /// The template as it is stored with the model.
  public let source: String
  private let statements: [Jinja.Statement]

  /// Reads a template; its syntax is checked here.
  ///
  /// - Throws: `ChatTemplateError` with the line of the first mistake.
  public init(source: String, name: String) throws {
    self.name = name
    self.source = source
    do {
      statements = try Jinja.Parser.parse(source)
    } catch {
      throw ChatTemplateError(error, template: name)
    }
  }

  /// The text of a conversation.
  ///
  /// The template gets the names that transformers gives it; `tools` and `documents` are null unless given.
  ///
  /// - Parameters:
  ///   - messages: A list of objects with `role`, `content` and whatever else the template knows.
  ///   - tools: JSON schemas of the tools that the model may call.
  ///   - addGenerationPrompt: Whether the text ends where the assistant's answer begins.
  ///   - specialTokens: The tokenizer's special tokens by their names, such as `bos_token`.
  ///   - extra: More names for the template, such as `enable_thinking`; they win over those above.
  ///   - now: The time that `strftime_now` tells.
  ///   - timeZone: The zone in which it is told.
  /// - Throws: `ChatTemplateError`.
  public func render(
    messages: JSON, tools: JSON? = nil, addGenerationPrompt: Bool = false,
    specialTokens: [String: String] = [:], extra: JSONObject = JSONObject(), now: Date = Date(),
    timeZone: TimeZone = .current
  ) throws -> String {
    var names = JSONObject()
    for (name, token) in specialTokens { names[name] = .string(token) }
    names["messages"] = messages
    names["tools"] = tools ?? .null
    names["documents"] = .null
    names["add_generation_prompt"] = .bool(addGenerationPrompt)
    for (name, value) in extra { names[name] = value }
    return try render(names: names, now: now, timeZone: timeZone)
  }

  /// The text that the template makes of exactly these names; a template may tell a missing one from a null.
  ///
  /// - Throws: `ChatTemplateError`.
  public func render(names: JSONObject, now: Date = Date(), timeZone: TimeZone = .current) throws -> String {
    do {
      var values: [String: Jinja.Value] = [:]
      for (name, value) in names { values[name] = try Jinja.Value(value) }
      return try Jinja.Evaluator.render(
        statements, names: values, clock: Jinja.TimeFormat(date: now, timeZone: timeZone))
    } catch let failure as Jinja.Failure {
      throw ChatTemplateError(failure, template: name)
    }
  }
}

/// Why a chat template can't be read or rendered.
public enum ChatTemplateError: DiagnosticError, Hashable {
  /// The source is not Jinja.
  case syntax(template: String, line: Int?, problem: String)
  /// An operation that has no result in Python either.
  case failed(template: String, line: Int?, problem: String)
  /// Something of Jinja's that is not supported here.
  case unsupported(template: String, line: Int?, feature: String)
  /// The template itself refused the conversation.
  case refused(template: String, line: Int?, message: String)
  /// The template is too large, too deep or runs too long.
  case limit(template: String, line: Int?, problem: String)

  init(_ failure: Jinja.Failure, template: String) {
    let (line, message) = (failure.line, failure.message)
    switch failure.kind {
    case .syntax: self = .syntax(template: template, line: line, problem: message)
    case .failed: self = .failed(template: template, line: line, problem: message)
    case .unsupported: self = .unsupported(template: template, line: line, feature: message)
    case .refused: self = .refused(template: template, line: line, message: message)
    case .limit: self = .limit(template: template, line: line, problem: message)
    }
  }

  public var diagnostics: [Diagnostic] {
    switch self {
    case .syntax(let template, let line, let problem):
      [Diagnostic("the chat template can't be read: \(problem)", at: .init(template, line: line))]
    case .failed(let template, let line, let problem):
      [Diagnostic("the chat template can't be rendered: \(problem)", at: .init(template, line: line))]
    case .unsupported(let template, let line, let feature):
      [
        Diagnostic(
          "the chat template needs what is not supported: \(feature)", at: .init(template, line: line))
      ]
    case .refused(let template, let line, let message):
      [Diagnostic("the chat template refuses this conversation: \(message)", at: .init(template, line: line))]
    case .limit(let template, let line, let problem):
      [Diagnostic("the chat template goes too far: \(problem)", at: .init(template, line: line))]
    }
  }
}
