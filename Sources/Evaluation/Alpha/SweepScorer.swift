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
    let completions: [Completion]
    let texts: [String]
    switch query {
    case .generation: preconditionFailure("answers are written at each strength apart")
    case .likelihood(let prompt, let continuations):
      completions = continuations.map {
        Completion(prompt: prompt, continuation: $0, tokenizer: tokenizer)
      }
      texts = continuations
    case .document(let text):
      let tokens = tokenizer.encode(text)
      guard tokens.count > 1 else {
        let none = Likelihood(logProbability: 0, tokenCount: 0, byteCount: 0)
        return alphas.map { _ in .likelihoods([none]) }
      }
      let window = Array(tokens.prefix(proxied.contextLength))
      completions = [Completion(prompt: Array(window[..<1]), tokens: Array(window[1...]))]
      texts = [tokenizer.decode(window.dropFirst())]
    }
    var likelihoods = try self.likelihoods(completions)
    for index in likelihoods.indices {
      for place in alphas.indices { likelihoods[index][place].byteCount = texts[index].utf8.count }
    }
    return alphas.indices.map { place in .likelihoods(likelihoods.map { $0[place] }) }
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
    guard all.count <= proxied.contextLength else {
      throw DecodingError.contextExceeded(needed: all.count, limit: proxied.contextLength)
    }
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
