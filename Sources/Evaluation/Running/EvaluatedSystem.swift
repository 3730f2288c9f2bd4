import Decoding
import Proxy
import Tokenizers

/// A system that is evaluated: a model in a role.
public struct EvaluatedSystem {
  /// base, expert, proxied, tuned, through or another.
  public let name: String
  public let model: any LanguageModel
  public let tokenizer: Tokenizer
  /// Names everything that its answers depend on: weights, strength, limits on steering.
  public let fingerprint: String
  /// The tokens that end an answer.
  public let stopTokens: Set<TokenID>
  public let drafter: (any Drafter)?

  /// - Parameter stopTokens: nil for the tokenizer's own.
  public init(
    name: String, model: any LanguageModel, tokenizer: Tokenizer, fingerprint: String,
    stopTokens: Set<TokenID>? = nil, drafter: (any Drafter)? = nil
  ) {
    self.name = name
    self.model = model
    self.tokenizer = tokenizer
    self.fingerprint = fingerprint
    self.stopTokens = stopTokens ?? tokenizer.stopTokens
    self.drafter = drafter
  }
}
