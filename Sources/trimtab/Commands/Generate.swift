import ArgumentParser
import Decoding
import Formats
import Foundation
import Proxy
import Tokenizers

/// `trimtab generate`: continue a prompt or answer a message.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continue a prompt, or answer a message, with a model or a proxy-tuned one.")

  @OptionGroup var modelOptions: ModelOptions

  @Option(parsing: .unconditional, help: "Text to continue.") var prompt: String?
  @Option(parsing: .unconditional, help: "A message to answer, through the model's chat template.")
  var chat: String?
  @Option(parsing: .unconditional, help: "What the chat's system message says.") var system: String?
  @Option(help: "A file whose text is to be continued.") var promptFile: String?
  @Option(help: "Token ids to continue, such as 1,2,3.") var tokens: String?
  @Option(help: "The most tokens to generate.") var maxTokens = 256
  @Option(parsing: .unconditionalSingleValue, help: "Text that ends the answer (repeatable).")
  var stop: [String] = []
  @Flag(help: "Don't stop at the end-of-text token.") var ignoreEnd = false
  @Flag(help: "Print one JSON value instead of text.") var json = false
  @Option(help: "Write, for each token, its probability under each part, as JSON lines.") var trace: String?
  @OptionGroup var sampling: SamplingArguments
  @OptionGroup var drafting: DraftingArguments

  func run() throws {
    try TextInput.exactlyOne([
      ("--prompt", prompt != nil), ("--chat", chat != nil), ("--prompt-file", promptFile != nil),
      ("--tokens", tokens != nil),
    ])
    if system != nil, chat == nil { throw UsageError("--system without --chat") }
    if maxTokens < 1 { throw UsageError("--max-tokens is \(maxTokens), expected 1 or more") }
    if trace != nil, modelOptions.expert.isEmpty {
      throw UsageError("--trace without --expert", advice: "a trace compares a base with what steers it")
    }
    let options = try sampling.options
    let assembled = try modelOptions.assemble()
    let tokenizer = assembled.tokenizer
    let attributing = trace == nil ? nil : assembled.proxied.map(AttributingModel.init)
    let model: any LanguageModel = attributing ?? assembled.languageModel
    var request = GenerationRequest(
      prompt: try promptTokens(assembled.base), sampling: options, maximumTokens: maxTokens,
      stopTokens: ignoreEnd ? [] : assembled.stopTokens, stopStrings: stop)
    request.continuesText = chat == nil
    if let chat, let proxied = assembled.proxied {
      request.context = proxied.makeContext(prompts: try ownPrompts(chat, assembled))
    }

    var lines: [String] = []
    let generator = Generator(
      model, tokenizer: tokenizer, drafter: try assembled.makeDrafter(drafting.draft),
      draftLength: drafting.draftLength)
    let generation = try generator.generate([request]) { step in
      if !json { Console.result(step.text, terminator: "") }
      if let line = attributing?.attribution(of: step, tokenizer: tokenizer) {
        lines.append(line.json(tokenizer).text())
      }
      return true
    }[0]
    if let trace { try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: trace) }
    if json {
      let value: JSON = .object([
        "tokens": .array(generation.tokens.map { .integer(Int($0)) }), "text": .string(generation.text),
        "finish_reason": .string(generation.finishReason.rawValue),
        "prompt_tokens": .integer(request.prompt.count),
        "passes": .integer(generation.drafting.passes), "drafted": .integer(generation.drafting.drafted),
        "accepted": .integer(generation.drafting.accepted),
      ])
      Console.result(value.text())
    } else {
      Console.result("")
    }
  }

  private func promptTokens(_ base: LoadedModel) throws -> [TokenID] {
    if let tokens { return try TextInput.tokens(tokens) }
    let tokenizer = try base.requireTokenizer()
    if let chat { return try tokenizer.encodeChat(messages(chat)) }
    let text = try prompt ?? promptFile.map(TextInput.file) ?? ""
    return tokenizer.encode(text)
  }

  /// The prompts of experts whose chat template is another than the base's.
  private func ownPrompts(_ chat: String, _ assembled: AssembledModel) throws -> [Int: [TokenID]] {
    var prompts: [Int: [TokenID]] = [:]
    for (index, expert) in assembled.experts.enumerated() {
      guard let tokenizer = expert.tokenizer, let own = tokenizer.chatTemplate,
        own.source != assembled.tokenizer?.chatTemplate?.source
      else { continue }
      prompts[index] = try tokenizer.encodeChat(messages(chat))
    }
    return prompts
  }

  private func messages(_ chat: String) -> [ChatMessage] {
    (system.map { [ChatMessage(role: "system", content: .string($0))] } ?? [])
      + [ChatMessage(role: "user", content: .string(chat))]
  }
}
