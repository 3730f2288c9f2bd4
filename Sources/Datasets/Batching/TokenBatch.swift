import Tokenizers

/// The tokens of one forward pass: several segments end to end, none of which may attend to another.
///
/// All arrays have one element a token. There is no padding.
public struct TokenBatch: Sendable, Hashable {
  /// The input tokens.
  public var ids: [TokenID] = []
  /// The token to predict at each position: the next one of the same segment (0 where there is none).
  public var targets: [TokenID] = []
  /// How much each position's loss counts: 1 where the target is trained on, otherwise 0.
  public var weights: [Float] = []
  /// The position in the segment, from 0.
  public var positions: [Int32] = []
  /// The segments' ranges, in order, covering all tokens.
  public var segments: [Range<Int>] = []
  /// Which segments are the answers of preference pairs; empty for other data.
  public var pairs: [SegmentPair] = []

  public init() {}

  /// The number of tokens.
  public var count: Int { ids.count }
  /// The number of positions whose loss counts.
  public private(set) var lossTokenCount = 0

  /// Adds one segment; a token is a target where its mask is not 0, and the first token never is.
  public mutating func append(ids segment: ArraySlice<TokenID>, mask: ArraySlice<UInt8>) {
    precondition(segment.count == mask.count, "one mask value a token")
    let start = ids.count
    ids.append(contentsOf: segment)
    targets.append(contentsOf: segment.dropFirst())
    for value in mask.dropFirst() {
      weights.append(value == 0 ? 0 : 1)
      lossTokenCount += value == 0 ? 0 : 1
    }
    if !segment.isEmpty {
      targets.append(0)
      weights.append(0)
      segments.append(start..<ids.count)
    }
    positions.append(contentsOf: 0..<Int32(segment.count))
  }
}
