/// Turns tokens into text one by one, never giving out a part of a character.
///
/// What it gives out is together what `Tokenizer.decode` gives for all tokens, except that bytes which aren't UTF-8
/// may become fewer U+FFFD.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var isFirst: Bool
  /// How often the text that a decoder takes off the beginning may still occur.
  private var strips: Int
  /// Bytes of a character that isn't complete yet, or of a beginning that may still be taken off.
  private var pending: [UInt8] = []

  init(_ tokenizer: Tokenizer, skipsSpecialTokens: Bool, continuesText: Bool) {
    self.tokenizer = tokenizer
    self.skipsSpecialTokens = skipsSpecialTokens
    isFirst = !continuesText
    strips = continuesText ? 0 : tokenizer.decoder.leadingStrip?.count ?? 0
  }

  /// Takes a token; returns the characters that are complete with it, possibly none.
  public mutating func append(_ id: TokenID) -> String {
    if skipsSpecialTokens, tokenizer.specialTokens.contains(id) { return "" }
    guard let piece = tokenizer.decodablePiece(of: id) else { return "" }
    if !isFirst { pending.append(contentsOf: tokenizer.decoder.separator) }
    pending.append(
      contentsOf: tokenizer.workspaces.withWorkspace {
        tokenizer.decoder.bytes(of: piece, isFirst: isFirst, using: $0.matcher)
      })
    isFirst = false
    stripBeginning()
    return take(pending.count - pending.unfinishedCharacterLength)
  }

  /// Ends the text: returns what was held back, as U+FFFD where it is no character.
  public mutating func flush() -> String { take(pending.count) }

  private mutating func stripBeginning() {
    guard let content = tokenizer.decoder.leadingStrip?.content else { return }
    while strips > 0, !pending.isEmpty {
      guard pending.starts(with: content) else {
        strips = 0
        return
      }
      pending.removeFirst(content.count)
      strips -= 1
    }
  }

  private mutating func take(_ count: Int) -> String {
    defer { pending.removeFirst(count) }
    return Array(pending.prefix(count)).string
  }
}

extension [UInt8] {
  /// How many bytes at the end begin a character without finishing it.
  fileprivate var unfinishedCharacterLength: Int {
    for length in 1...3 where length <= count {
      let byte = self[count - length]
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}
