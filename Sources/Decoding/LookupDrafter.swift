import Tokenizers

/// Guesses that what followed the last few tokens before follows them again: prompt look-up, which costs nothing.
public final class LookupDrafter: Drafter {
  /// How many of the last tokens are looked for; the longest that is found counts.
  private static let lengths = 2...4

  public init() {}

  public var relativeCost: Double { 0 }
  public var expectedRate: Double { 0.4 }

  public func draft(_ sequences: [DraftRequest]) throws -> [[TokenID]] {
    sequences.map { LookupDrafter.continuation(of: $0.history, limit: $0.limit) }
  }

  /// What followed the latest earlier occurrence of the longest ending.
  static func continuation(of history: [TokenID], limit: Int) -> [TokenID] {
    guard limit > 0 else { return [] }
    var (longest, found) = (lengths.lowerBound - 1, 0)
    // `end` is where an earlier occurrence ends; the nearest comes first.
    for end in stride(from: history.count - 1, to: 0, by: -1)
    where history[end - 1] == history[history.count - 1] {
      var length = 1
      while length < lengths.upperBound, length < end,
        history[end - 1 - length] == history[history.count - 1 - length]
      {
        length += 1
      }
      if length > longest { (longest, found) = (length, end) }
      if length == lengths.upperBound { break }
    }
    return found == 0 ? [] : Array(history[found..<min(history.count, found + limit)])
  }
}
