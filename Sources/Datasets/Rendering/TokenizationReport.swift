/// What tokenising some examples came to.
public struct TokenizationReport: Sendable, Hashable {
  /// The number of examples, of their tokens, and of the tokens that the loss counts.
  public private(set) var examples = 0
  public private(set) var tokens = 0
  public private(set) var lossTokens = 0
  /// Examples that were cut to the greatest length, and so have lost their stop token.
  public private(set) var truncated = 0
  /// Examples that have no token to train on, all of it being cut off or left out.
  public private(set) var withoutLoss = 0

  public init() {}

  /// Counts one more example.
  public mutating func count(_ example: TokenizedExample) {
    let lossTokenCount = example.lossTokenCount
    examples += 1
    tokens += example.ids.count
    lossTokens += lossTokenCount
    truncated += example.isTruncated ? 1 : 0
    withoutLoss += lossTokenCount == 0 ? 1 : 0
  }
}
