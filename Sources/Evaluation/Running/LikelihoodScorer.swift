import Decoding
import Tensors
import Tokenizers

/// How likely a model finds given texts.
public struct LikelihoodScorer {
  private let model: any LanguageModel
  private let tokenizer: Tokenizer

  public init(_ model: any LanguageModel, tokenizer: Tokenizer) {
    self.model = model
    self.tokenizer = tokenizer
  }

  /// How likely each continuation of each prompt is; what prompts share is read once.
  ///
  /// - Throws: `DecodingError` for what the model can't read, but not for what is too long for it.
  public func responses(to queries: [(prompt: String, continuations: [String])]) throws -> [Response] {
    let completions = queries.map { query in
      query.continuations.map { Completion(prompt: query.prompt, continuation: $0, tokenizer: tokenizer) }
    }
    let limit = model.contextLength
    let lengths = completions.map { $0.map(\.count).max() ?? 0 }
    let readable = zip(completions, lengths).filter { $0.1 <= limit }.map(\.0)
    var scores = try CompletionScorer(model).logProbabilities(of: Array(readable.joined()))[...]
    return zip(queries, lengths).map { query, length in
      guard length <= limit else { return .tooLong(tokens: length, limit: limit) }
      return .likelihoods(
        query.continuations.map { continuation in
          let logProbabilities = scores.popFirst() ?? []
          return Likelihood(
            logProbability: logProbabilities.reduce(0, +), tokenCount: logProbabilities.count,
            byteCount: continuation.utf8.count)
        })
    }
  }

  /// How likely a text is, read in windows where it is longer than the model's context.
  ///
  /// The first token counts only where the tokenizer begins texts with one of its own.
  public func document(_ text: String) throws -> Likelihood {
    let tokens = tokenizer.encode(text)
    var likelihood = Likelihood(logProbability: 0, tokenCount: 0, byteCount: 0)
    for window in DocumentWindow.windows(of: tokens.count, contextLength: model.contextLength) {
      let score = try model.score(Array(tokens[window.read]))
      for place in window.scored {
        likelihood.logProbability += score.logProbabilities[place - window.read.lowerBound] ?? 0
        likelihood.tokenCount += 1
        likelihood.byteCount += tokenizer.bytes(of: tokens[place]).count
      }
    }
    return likelihood
  }
}

/// A stretch of a long document's tokens that is read at once, and the end of it that counts.
struct DocumentWindow: Hashable {
  let read: Range<Int>
  let scored: Range<Int>

  /// Each window begins with the second half of the one before, so that every token but the first few has a past of
  /// half a context.
  static func windows(of tokenCount: Int, contextLength: Int) -> [DocumentWindow] {
    var windows: [DocumentWindow] = []
    var scored = 1
    while scored < tokenCount {
      let start = scored == 1 ? 0 : max(0, scored - contextLength / 2)
      let end = min(tokenCount, start + contextLength)
      windows.append(DocumentWindow(read: start..<end, scored: scored..<end))
      scored = end
    }
    return windows
  }
}

extension Completion {
  /// How many tokens it has in all.
  var count: Int { prompt.count + tokens.count }

  /// A continuation as tokens: those that its text has behind the prompt.
  ///
  /// They are the tokens of both together, without those of the prompt that they begin with: so a space before a word,
  /// or none, means what it does when a model writes.
  init(prompt: String, continuation: String, tokenizer: Tokenizer) {
    let (before, whole) = (tokenizer.encode(prompt), tokenizer.encode(prompt + continuation))
    let shared = zip(whole, before).prefix { $0 == $1 }.count
    // One token at least is asked about.
    let start = min(shared, max(0, whole.count - 1))
    self.init(prompt: Array(whole[..<start]), tokens: Array(whole[start...]))
  }
}
