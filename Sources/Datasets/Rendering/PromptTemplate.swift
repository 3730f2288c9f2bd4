import Formats
import Foundation
import Tokenizers

/// How conversations become the text that a model reads.
public enum PromptTemplate: Sendable {
  /// The model's own chat template.
  case model(ChatTemplate)
  /// One that every model can use.
  case simple(SimpleTemplate)

  /// What a model's own template is called in options and in files.
  public static let modelName = "model"

  /// The names that `named` knows.
  public static var names: [String] { [modelName] + SimpleTemplate.all.map(\.name) }

  /// The template for rows of a kind.
  ///
  /// - Parameters:
  ///   - name: one of `names`; nil for the model's own for conversations, and `plain` for prompts and
  ///     responses.
  ///   - chatTemplate: the model's own, if it brings one.
  /// - Throws: `DatasetError` when there is no such template, or the model has none of its own.
  public static func named(
    _ name: String?, chatTemplate: ChatTemplate?, kind: DatasetKind
  ) throws -> PromptTemplate {
    let name = name ?? (kind == .instruction ? modelName : "plain")
    if name == modelName {
      guard let chatTemplate else { throw DatasetError.noChatTemplate }
      return .model(chatTemplate)
    }
    guard let template = SimpleTemplate.all.first(where: { $0.name == name }) else {
      throw DatasetError.unknownTemplate(name)
    }
    return .simple(template)
  }

  /// One of `names`.
  public var name: String {
    switch self {
    case .model: Self.modelName
    case .simple(let template): template.name
    }
  }

  /// Names the text of a model's own template; nil for the simple ones, which their names tell apart.
  public var fingerprint: String? {
    guard case .model(let template) = self else { return nil }
    return "\(Fingerprint(of: template.source))"
  }

  /// The date that templates which tell it are rendered with, so that the same rows always give the same
  /// tokens.
  private static let date = Date(timeIntervalSince1970: 1_721_952_000)  // 26 July 2024

  /// The text of a conversation for the model of `tokenizer`.
  func render(
    _ messages: some Sequence<JSON>, tools: JSON? = nil, addGenerationPrompt: Bool = false,
    tokenizer: Tokenizer
  ) throws(RenderingProblem) -> String {
    let tokens = tokenizer.specialTokenTexts
    switch self {
    case .simple(let template):
      return try template.render(
        messages, addGenerationPrompt: addGenerationPrompt,
        beginning: tokenizer.addsBeginningOfSequence ? tokens["bos_token"] ?? "" : "",
        ending: tokens["eos_token"] ?? "")
    case .model(let template):
      do {
        return try template.render(
          messages: .array(Array(messages)), tools: tools, addGenerationPrompt: addGenerationPrompt,
          specialTokens: tokens, now: Self.date, timeZone: .gmt)
      } catch {
        throw .template("\(error)")
      }
    }
  }
}
