/// Remembers the tokens of short pieces: natural text is made of few different words.
struct PieceCache {
  private var pieces = ByteStringTable(minimumCapacity: 1 << 12)
  private var ends: [Int] = []
  private var tokens: [TokenID] = []

  /// Longer pieces seldom come again.
  static let longestPiece = 64
  private static let largestByteCount = 2 << 20

  /// Appends the tokens of a piece to `ids`, if they are known.
  func append(tokensOf piece: Span<UInt8>, to ids: inout [TokenID]) -> Bool {
    guard let index = pieces.index(of: piece) else { return false }
    for place in (index == 0 ? 0 : ends[index - 1])..<ends[index] { ids.append(tokens[place]) }
    return true
  }

  /// Remembers the tokens of a piece that isn't known yet; forgets all others when there are too many.
  mutating func remember(_ piece: Span<UInt8>, tokens new: [TokenID]) {
    if pieces.byteCount > Self.largestByteCount {
      pieces.removeAll()
      ends.removeAll(keepingCapacity: true)
      tokens.removeAll(keepingCapacity: true)
    }
    pieces.insert(piece)
    tokens.append(contentsOf: new)
    ends.append(tokens.count)
  }
}
