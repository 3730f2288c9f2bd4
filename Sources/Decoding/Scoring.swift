import Foundation
import Tensors
import Tokenizers

/// How likely a model finds a text, token by token.
public struct Score: Sendable, Hashable {
  public var tokens: [TokenID]
  /// log p(token | tokens before it); nil for the first, which nothing comes before.
  public var logProbabilities: [Double?]

  public init(tokens: [TokenID], logProbabilities: [Double?]) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
  }

  /// exp of the mean negative log-likelihood; nil when there is nothing to average.
  public var perplexity: Double? {
    let known = logProbabilities.compactMap { $0 }
    return known.isEmpty ? nil : exp(-known.reduce(0, +) / Double(known.count))
  }
}

extension LanguageModel {
  /// Scores a sequence in stretches of `stretch` tokens, so that memory doesn't grow with its length.
  ///
  /// `observe` sees the logits [rows, vocabulary] of each stretch, and the place of its first row.
  public func score(
    _ tokens: [TokenID], stretch: Int = 256, observe: (Tensor, Int) throws -> Void = { _, _ in }
  ) throws -> Score {
    guard !tokens.isEmpty else { throw DecodingError.emptyPrompt }
    guard tokens.count <= contextLength else {
      throw DecodingError.contextExceeded(needed: tokens.count, limit: contextLength)
    }
    try requireTokens(tokens)
    let context = makeContext()
    var logProbabilities: [Double?] = [nil]
    for start in stride(from: 0, to: tokens.count, by: stretch) {
      let end = min(tokens.count, start + stretch)
      let logits = try logits(
        extending: [SequenceExtension(context, by: Array(tokens[start..<end]))], rows: .all)[0]
      try observe(logits, start)
      for place in start..<min(end, tokens.count - 1) {
        let distribution = Distribution(logits, row: place - start)
        logProbabilities.append(distribution.logProbability(Int(tokens[place + 1])))
      }
    }
    return Score(tokens: tokens, logProbabilities: logProbabilities)
  }

  /// Throws unless the model has all these tokens.
  ///
  /// - Throws: `DecodingError.tokenOutOfRange`
  func requireTokens(_ tokens: [TokenID]) throws {
    if let stranger = tokens.first(where: { $0 >= vocabularySize }) {
      throw DecodingError.tokenOutOfRange(Int(stranger), vocabularySize: vocabularySize)
    }
  }
}
