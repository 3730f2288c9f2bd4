import Tensors
import Tokenizers

/// One prompt and how it is to be continued.
public struct GenerationRequest {
  public var prompt: [TokenID]
  public var sampling: SamplingOptions
  public var maximumTokens: Int
  /// Tokens that end the answer; they aren't part of it.
  public var stopTokens: Set<TokenID>
  /// Texts that end the answer; neither are they.
  public var stopStrings: [String]
  /// A prepared empty sequence, where the model needs more than the prompt's tokens; nil for a plain one.
  public var context: (any DecodingContext)?

  public init(
    prompt: [TokenID], sampling: SamplingOptions = SamplingOptions(), maximumTokens: Int = 256,
    stopTokens: Set<TokenID>, stopStrings: [String] = []
  ) {
    self.prompt = prompt
    self.sampling = sampling
    self.maximumTokens = maximumTokens
    self.stopTokens = stopTokens
    self.stopStrings = stopStrings
  }
}

/// What a model said, and why it ended.
public struct Generation: Sendable, Hashable {
  public enum FinishReason: String, Sendable, Hashable {
    /// A stop token or a stop string came.
    case stop
    /// As many tokens as were asked for, or as the context holds.
    case length
  }

  public var tokens: [TokenID]
  public var text: String
  public var finishReason: FinishReason
}

/// A token as it comes: for streaming and for traces.
public struct GeneratedToken {
  /// Which request it belongs to.
  public let request: Int
  public let token: TokenID
  /// Text that is now certain: no half characters, nothing that a stop string may yet claim.
  public let text: String
  /// The sequence it was drawn for; the model's own record of the step, if it keeps one, is found by it.
  public let context: any DecodingContext
}

/// Continues prompts with a language model, many at a time.
///
/// Sequences of unequal length share each step; as one ends the next request takes its place.
public struct Generator {
  private let model: any LanguageModel
  private let tokenizer: Tokenizer?
  private let concurrency: Int

  /// `concurrency` is how many sequences share a step; without a tokenizer there are tokens, but no text.
  public init(_ model: any LanguageModel, tokenizer: Tokenizer?, concurrency: Int = 16) {
    self.model = model
    self.tokenizer = tokenizer
    self.concurrency = max(1, concurrency)
  }

  /// Continues every request; `observe` hears of each token, and ends everything by returning false.
  public func generate(
    _ requests: [GenerationRequest], observe: (GeneratedToken) -> Bool = { _ in true }
  ) throws -> [Generation] {
    var results = [Generation?](repeating: nil, count: requests.count)
    var waiting = requests.indices[...]
    var active: [ActiveSequence] = []
    while !waiting.isEmpty || !active.isEmpty {
      while active.count < concurrency, let index = waiting.popFirst() {
        let request = requests[index]
        try request.sampling.validate()
        guard !request.prompt.isEmpty else { throw DecodingError.emptyPrompt }
        guard request.prompt.count < model.contextLength else {
          throw DecodingError.contextExceeded(
            needed: request.prompt.count + 1, limit: model.contextLength)
        }
        active.append(
          ActiveSequence(
            index: index, request: request, context: request.context ?? model.makeContext(),
            tokenizer: tokenizer))
      }
      let logits = try model.logits(
        extending: active.map { SequenceExtension($0.context, by: $0.pending) }, rows: .last)
      for (sequence, logits) in zip(active, logits) {
        let text = sequence.step(logits, contextLength: model.contextLength)
        let token = GeneratedToken(
          request: sequence.index, token: sequence.latest, text: text, context: sequence.context)
        let goesOn = observe(token)
        if let generation = sequence.finished { results[sequence.index] = generation }
        if !goesOn { return finish(results, active) }
      }
      active.removeAll { $0.finished != nil }
    }
    return finish(results, active)
  }

  private func finish(_ results: [Generation?], _ active: [ActiveSequence]) -> [Generation] {
    var results = results
    for sequence in active where results[sequence.index] == nil {
      results[sequence.index] = sequence.cutShort()
    }
    return results.map { $0 ?? Generation(tokens: [], text: "", finishReason: .length) }
  }
}
