import Decoding
import Proxy
import Tokenizers

/// Scores texts at all strengths in one pass: what the parts think doesn't depend on α, only how it is put together.
struct SweepScorer {
  /// How many rows of logits are held at a time.
  private static let stretch = 64

  private let proxied: ProxiedModel
  private let tokenizer: Tokenizer
  private let alphas: [Float]

  init(_ proxied: ProxiedModel, tokenizer: Tokenizer, alphas: [Float]) {
    self.proxied = proxied
    self.tokenizer = tokenizer
    self.alphas = alphas
  }

  /// The response to a query that asks for likelihoods, at each strength.
  func responses(to query: Query) throws -> [Response] {
    switch query {
    case .generation: preconditionFailure("answers are written, not scored")
    case .likelihood(let prompt, let continuations):
      let completions = continuations.map {
        Completion(prompt: prompt, continuation: $0, tokenizer: tokenizer)
      }
      let length = completions.map(\.count).max() ?? 0
      guard length <= proxied.contextLength else {
        return alphas.map { _ in .tooLong(tokens: length, limit: proxied.contextLength) }
      }
      let likelihoods = try self.likelihoods(completions)
      return alphas.indices.map { place in
        .likelihoods(
          zip(likelihoods, continuations).map { own, text in
            var likelihood = own[place]
            likelihood.byteCount = text.utf8.count
            return likelihood
          })
      }
    case .document(let text):
      let likelihoods = try document(text)
      return likelihoods.map { .likelihoods([$0]) }
    }
  }

  /// How likely a text is at each strength, in the windows that a single model reads it in.
  private func document(_ text: String) throws -> [Likelihood] {
    let tokens = tokenizer.encode(text)
    var sums = alphas.map { _ in Likelihood(logProbability: 0, tokenCount: 0, byteCount: 0) }
    for window in DocumentWindow.windows(of: tokens.count, contextLength: proxied.contextLength) {
      let completion = Completion(
        prompt: Array(tokens[window.read.lowerBound..<window.scored.lowerBound]),
        tokens: Array(tokens[window.scored]))
      let bytes = window.scored.reduce(0) { $0 + tokenizer.bytes(of: tokens[$1]).count }
      for (place, likelihood) in try likelihoods([completion])[0].enumerated() {
        sums[place].logProbability += likelihood.logProbability
        sums[place].tokenCount += likelihood.tokenCount
        sums[place].byteCount += bytes
      }
    }
    return sums
  }

  /// How likely each completion is at each strength; what their prompts share is read once.
  func likelihoods(_ completions: [Completion]) throws -> [[Likelihood]] {
    guard let first = completions.first else { return [] }
    guard completions.allSatisfy({ !$0.prompt.isEmpty }) else { throw DecodingError.emptyPrompt }
    let shared = completions.reduce(first.prompt.count - 1) { count, completion in
      let common = zip(completion.prompt, first.prompt).prefix { $0 == $1 }.count
      return min(count, common, completion.prompt.count - 1)
    }
    let beginning = proxied.makeContext()
    if shared > 0 {
      _ = try proxied.logits(
        extending: [SequenceExtension(beginning, by: Array(first.prompt[..<shared]))], rows: .last)
    }
    return try completions.map { completion in
      try likelihoods(of: completion, from: beginning.copy(), read: shared)
    }
  }

  private func likelihoods(
    of completion: Completion, from context: any DecodingContext, read: Int
  ) throws -> [Likelihood] {
    let all = completion.prompt + completion.tokens
    var sums = alphas.map { _ in Likelihood(logProbability: 0, tokenCount: 0, byteCount: 0) }
    // The last token predicts nothing that is asked for.
    for start in stride(from: read, to: all.count - 1, by: Self.stretch) {
      let end = min(all.count - 1, start + Self.stretch)
      let parts = try proxied.parts(
        extending: [SequenceExtension(context, by: Array(all[start..<end]))], rows: .all)[0]
      let asked = max(start, completion.prompt.count - 1)..<max(end, completion.prompt.count - 1)
      for (place, alpha) in alphas.enumerated() where !asked.isEmpty {
        let logits = proxied.combined(parts, alpha: alpha)
        for token in asked {
          let distribution = Distribution(logits, row: token - start)
          sums[place].logProbability += distribution.logProbability(Int(all[token + 1]))
          sums[place].tokenCount += 1
        }
      }
    }
    return sums
  }
}
