import Tokenizers

extension AssembledModel {
  /// The tokens that end an answer, in the base's ids: its own, and those that its experts end theirs with.
  ///
  /// An expert that was tuned to end its turns steers a base to do so which has no end of turn itself. At α = 0 it
  /// steers nothing, and the base's own are all.
  public var stopTokens: Set<TokenID> { stopTokens(alpha: proxied?.alpha ?? 0) }

  /// Those at some strength.
  public func stopTokens(alpha: Float) -> Set<TokenID> {
    guard let tokenizer else { return [] }
    guard alpha != 0 else { return tokenizer.stopTokens }
    return experts.reduce(into: tokenizer.stopTokens) { stops, expert in
      guard let own = expert.tokenizer else { return }
      stops.formUnion(own.stopTokens.compactMap { tokenizer.id(of: own.token(for: $0)) })
    }
  }
}
