import Datasets
import Decoding
import Formats
import Models
import Proxy
import Tokenizers

/// A model in a role: generator, judge, or what either is compared with.
///
/// The model itself, a frozen earlier checkpoint and a proxy-tuned large model are all a `LanguageModel`, so each can
/// be put in each role; a policy adds how prompts are shown to it.
public struct Policy {
  public let name: String
  public let model: any LanguageModel
  public let tokenizer: Tokenizer
  /// How a prompt is shown.
  public let template: PromptTemplate
  /// Names the weights (of a proxy-tuned model: all parts and α), so that artefacts tell what made them.
  public let fingerprint: String
  /// How many sequences share a step.
  public let concurrency: Int
  private let renderer: ExampleRenderer

  public init(
    name: String, model: any LanguageModel, tokenizer: Tokenizer, template: PromptTemplate,
    fingerprint: String, concurrency: Int = 32
  ) {
    self.name = name
    self.model = model
    self.tokenizer = tokenizer
    self.template = template
    self.fingerprint = fingerprint
    self.concurrency = concurrency
    renderer = ExampleRenderer(tokenizer: tokenizer, template: template, trainOn: .last)
  }

  /// A model from disk, perhaps steered.
  ///
  /// - Parameter template: One of `PromptTemplate.names`; nil for the model's own, or `plain` where it has none.
  public init(_ assembled: AssembledModel, name: String, template: String? = nil, concurrency: Int = 32)
    throws
  {
    let tokenizer = try assembled.base.requireTokenizer()
    let ownTemplate = tokenizer.chatTemplate
    self.init(
      name: name, model: assembled.languageModel, tokenizer: tokenizer,
      template: try PromptTemplate.named(
        template ?? (ownTemplate == nil ? "plain" : nil), chatTemplate: ownTemplate, kind: .instruction),
      fingerprint: Policy.fingerprint(of: assembled), concurrency: concurrency)
  }

  private static func fingerprint(of assembled: AssembledModel) -> String {
    let base = "\(assembled.base.checkpoint.fingerprint)"
    guard let proxied = assembled.proxied else { return base }
    let steerings = zip(zip(assembled.experts, assembled.antiexperts), proxied.steerings).map {
      pair, steering in
      "\(pair.0.checkpoint.fingerprint) \(pair.1.checkpoint.fingerprint) \(steering.weight)"
    }
    return "\(Fingerprint(of: ([base, "\(proxied.alpha)"] + steerings).joined(separator: "\n")))"
  }

  // MARK: - Tokens

  /// The tokens of a prompt, up to where the answer begins.
  public func tokens(ofPrompt prompt: String) throws -> [TokenID] {
    do throws(RenderingProblem) {
      return tokenizer.encode(try renderer.prompt(DatasetRow(["prompt": prompt])), addSpecialTokens: false)
    } catch {
      throw SelfRewardError.unrenderable(policy: name, error)
    }
  }

  /// The tokens of a prompt and of an answer to it, exactly as training shows them.
  ///
  /// - Parameter isComplete: Whether the token that ends an answer belongs to it.
  public func completion(prompt: String, response: String, isComplete: Bool) throws -> Completion {
    do throws(RenderingProblem) {
      let example = try renderer.conversation(
        [
          ["role": "user", "content": .string(prompt)],
          ["role": "assistant", "content": .string(response)],
        ], tools: nil)
      let start = example.mask.firstIndex(of: 1) ?? example.ids.count
      let end = example.mask.lastIndex(of: 1).map { $0 + 1 } ?? start
      var tokens = Array(example.ids[start..<end])
      if !isComplete, let last = tokens.last, tokenizer.stopTokens.contains(last) { tokens.removeLast() }
      return Completion(prompt: Array(example.ids[..<start]), tokens: tokens)
    } catch {
      throw SelfRewardError.unrenderable(policy: name, error)
    }
  }

  /// A text as it would stand in a document, in no template, and what follows in it.
  public func document(_ context: String, continuation: String) -> Completion {
    let beginning =
      tokenizer.addsBeginningOfSequence ? tokenizer.beginningOfSequence.map { [$0] } ?? [] : []
    let whole = beginning + tokenizer.encode(context + continuation, addSpecialTokens: false)
    let before = beginning + tokenizer.encode(context, addSpecialTokens: false)
    let shared = zip(whole, before).prefix { $0 == $1 }.count
    // Nothing predicts the first token.
    let start = min(max(shared, 1), whole.count)
    return Completion(prompt: Array(whole[..<start]), tokens: Array(whole[start...]))
  }

  /// A text in which no special token is spelled out: what is judged must not end its judge's turn.
  public func disarmed(_ text: String) -> String {
    tokenizer.disarmed(text)
  }

  // MARK: - Saying

  /// Continues prompts that are tokens already; what is drawn depends on the seed and a prompt's place among them.
  public func continuations(
    of prompts: [[TokenID]], sampling: SamplingOptions, maximumTokens: Int, stopStrings: [String] = []
  ) throws -> [Generation] {
    let requests = prompts.map {
      GenerationRequest(
        prompt: $0, sampling: sampling, maximumTokens: maximumTokens, stopTokens: tokenizer.stopTokens,
        stopStrings: stopStrings)
    }
    return try Generator(model, tokenizer: tokenizer, concurrency: concurrency).generate(requests)
  }

  /// Answers every prompt as often as is asked for.
  public func candidates(
    for prompts: [(id: String, prompt: String)], _ options: CandidateOptions, seed: UInt64
  ) throws -> [CandidateSet] {
    var sampling = SamplingOptions()
    sampling.temperature = options.temperature
    sampling.topP = options.topP
    sampling.seed = seed
    let shown = try prompts.map { try tokens(ofPrompt: $0.prompt) }
    let answers = try continuations(
      of: shown.flatMap { Array(repeating: $0, count: options.count) }, sampling: sampling,
      maximumTokens: options.maximumTokens, stopStrings: options.stopStrings)
    return prompts.enumerated().map { place, entry in
      let own = answers[place * options.count..<(place + 1) * options.count]
      return CandidateSet(
        id: entry.id, prompt: entry.prompt,
        candidates: own.map {
          Candidate(text: $0.text, tokens: $0.tokens, isComplete: $0.finishReason == .stop)
        })
    }
  }

  // MARK: - Scoring

  /// Of each answer, log p of each of its tokens, the one that ends it included where it is complete.
  ///
  /// An answer that doesn't fit the context together with its prompt has nil.
  public func logProbabilities(of completions: [Completion]) throws -> [[Double]?] {
    let fitting = completions.indices.filter {
      completions[$0].prompt.count + completions[$0].tokens.count <= model.contextLength
    }
    let scores = try CompletionScorer(model).logProbabilities(of: fitting.map { completions[$0] })
    var results = [[Double]?](repeating: nil, count: completions.count)
    for (place, score) in zip(fitting, scores) { results[place] = score }
    return results
  }
}
