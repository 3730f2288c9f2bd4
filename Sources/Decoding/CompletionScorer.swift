import Tensors
import Tokenizers

/// A prompt and tokens that may follow it.
public struct Completion: Sendable, Hashable {
  public var prompt: [TokenID]
  public var tokens: [TokenID]

  public init(prompt: [TokenID], tokens: [TokenID]) {
    self.prompt = prompt
    self.tokens = tokens
  }
}

/// Asks a model what follows many prompts, several in a pass; where prompts begin alike, what they share is read
/// once.
public struct CompletionScorer {
  private let model: any LanguageModel
  private let tokensPerPass: Int

  /// - Parameter tokensPerPass: About how many tokens share a pass; it bounds memory and changes no more than
  ///   the rounding of matrix products.
  public init(_ model: any LanguageModel, tokensPerPass: Int = 512) {
    self.model = model
    self.tokensPerPass = max(1, tokensPerPass)
  }

  /// Of each completion, log p of each of its tokens after the prompt and the tokens before it.
  ///
  /// - Throws: `DecodingError` for an empty prompt, a sequence beyond the context or a token that the model lacks.
  public func logProbabilities(of completions: [Completion]) throws -> [[Double]] {
    for completion in completions { try model.requireTokens(completion.tokens) }
    var results = [[Double]](repeating: [], count: completions.count)
    let prompts = completions.map(\.prompt)
    try forEachPass(prompts, lengths: completions.map(\.tokens.count)) { contexts in
      let asked = contexts.filter { !completions[$0.index].tokens.isEmpty }
      guard !asked.isEmpty else { return }
      let extensions = asked.map { index, context in
        SequenceExtension(
          context, by: Array(prompts[index].suffix(1)) + completions[index].tokens.dropLast())
      }
      for (logits, asked) in zip(try model.logits(extending: extensions, rows: .all), asked) {
        results[asked.index] = completions[asked.index].tokens.enumerated().map { row, token in
          Distribution(logits, row: row).logProbability(Int(token))
        }
      }
    }
    return results
  }

  /// What `read` makes of the distribution over the token that follows each prompt.
  ///
  /// - Throws: `DecodingError` for an empty prompt or one beyond the context.
  public func next<Result>(
    after prompts: [[TokenID]], _ read: (Distribution) throws -> Result
  ) throws -> [Result] {
    var results = [Result?](repeating: nil, count: prompts.count)
    try forEachPass(prompts, lengths: prompts.map { _ in 1 }) { contexts in
      let extensions = contexts.map { SequenceExtension($1, by: Array(prompts[$0].suffix(1))) }
      for (logits, entry) in zip(try model.logits(extending: extensions, rows: .last), contexts) {
        results[entry.index] = try read(Distribution(logits))
      }
    }
    return results.compactMap { $0 }
  }

  /// Hands over sequences that have seen all of their prompts but the last token.
  ///
  /// - Parameter lengths: How many tokens each is to be extended by.
  private func forEachPass(
    _ prompts: [[TokenID]], lengths: [Int],
    _ body: ([(index: Int, context: any DecodingContext)]) throws -> Void
  ) throws {
    var prefixes = SharedPrefixes(prompts: prompts)
    var contexts: [(index: Int, context: any DecodingContext)] = []
    var tokens = 0
    for index in prompts.indices {
      let prompt = prompts[index]
      guard !prompt.isEmpty else { throw DecodingError.emptyPrompt }
      let context = try prefixes.context(for: index, model: model)
      contexts.append((index, context))
      tokens += prompt.count - 1 - context.count + lengths[index]
      guard tokens >= tokensPerPass || index == prompts.count - 1 else { continue }
      let unread = contexts.compactMap { index, context in
        context.count < prompts[index].count - 1
          ? SequenceExtension(context, by: Array(prompts[index][context.count..<prompts[index].count - 1]))
          : nil
      }
      if !unread.isEmpty { _ = try model.logits(extending: unread, rows: .last) }
      try body(contexts)
      (contexts, tokens) = ([], 0)
    }
  }
}
