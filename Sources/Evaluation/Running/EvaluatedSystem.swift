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
  public let drafter: (any Drafter)?
  public let draftLength: Int?

  public init(
    name: String, model: any LanguageModel, tokenizer: Tokenizer, fingerprint: String,
    drafter: (any Drafter)? = nil, draftLength: Int? = nil
  ) {
    self.name = name
    self.model = model
    self.tokenizer = tokenizer
    self.fingerprint = fingerprint
    self.drafter = drafter
    self.draftLength = draftLength
  }
}
