import Tokenizers

extension AssembledModel {
  /// The tokens that end an answer, in the base's ids: its own, and those that its experts end theirs with.
  ///
  /// An expert that was tuned to end its turns steers a base to do so which has no end of turn itself.
  public var stopTokens: Set<TokenID> {
    guard let tokenizer else { return [] }
    return experts.reduce(into: tokenizer.stopTokens) { stops, expert in
      guard let own = expert.tokenizer else { return }
      stops.formUnion(own.stopTokens.compactMap { tokenizer.id(of: own.token(for: $0)) })
    }
  }
}
