extension Tokenizer {
  /// A text in which no special token is spelled out: what a stranger wrote must not end a turn.
  ///
  /// Looked for by scalars, as tokens are: a combining mark behind one makes another character of its end.
  public func disarmed(_ text: String) -> String {
    let spelled = addedTokens.filter { $0.isSpecial && $0.content.count > 1 }.map(\.content)
    return spelled.reduce(text) { text, token in
      let apart = "\(token.prefix(1)) \(token.dropFirst())"
      return String(text.unicodeScalars.replacing(token.unicodeScalars, with: apart.unicodeScalars))
    }
  }
}
