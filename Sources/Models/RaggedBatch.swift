/// Sequences of unequal length laid end to end: the one form in which tokens enter the decoder.
///
/// In training a segment is an example in a packed row of tokens; in inference it is what is new in one sequence.
public struct RaggedBatch: Sendable, Hashable {
  /// All tokens, segment after segment.
  public var ids: [UInt32]
  /// Each token's place in its own sequence, from 0.
  public var positions: [Int32]
  /// The rows of each segment; together they cover all rows in order.
  public var segments: [Range<Int>]

  public init(ids: [UInt32], positions: [Int32], segments: [Range<Int>]) {
    precondition(ids.count == positions.count)
    self.ids = ids
    self.positions = positions
    self.segments = segments
  }

  /// Lays sequences end to end, each continuing at its own position.
  public init(_ sequences: [(start: Int, tokens: [UInt32])]) {
    ids = []
    positions = []
    segments = []
    for (start, tokens) in sequences {
      segments.append(ids.count..<(ids.count + tokens.count))
      ids += tokens
      positions += (start..<(start + tokens.count)).map(Int32.init)
    }
  }

  public var count: Int { ids.count }
}
