/// Batches of tokens: the examples of one or several datasets, cut, packed and ordered.
///
///     let batches = Batches([(examples, 1)], maximumLength: 512, grouping: .tokens(2048), seed: 7)
///     for number in 0..<batches.batchesPerEpoch { train(on: batches.batch(number)) }
///
/// A batch is a pure function of what this was made from and of its number, so resuming needs the number only.
public struct Batches: Sendable {
  /// The order of the pieces.
  public let plan: BatchPlan
  /// The pieces that the examples were cut into, and what was lost by it.
  public let cut: ExamplePieces
  private let sources: [TokenizedExamples]

  /// - Parameters:
  ///   - sources: sets of examples, each with its weight: how often an epoch has each of its examples.
  ///   - maximumLength: the most tokens of a segment.
  ///   - overflow: what happens to longer examples.
  ///   - grouping: how many examples, or how many packed tokens, make a batch. Segments are never longer
  ///     than the tokens of a batch.
  ///   - seed: what the order is made from.
  ///   - isShuffled: false keeps the order of the examples, for validation.
  public init(
    _ sources: [(examples: TokenizedExamples, weight: Double)], maximumLength: Int,
    overflow: Overflow = .truncate, grouping: BatchPlan.Grouping, seed: UInt64, isShuffled: Bool = true
  ) {
    self.init(
      sources, maximumLength: maximumLength, overflows: sources.map { _ in overflow }, grouping: grouping,
      seed: seed, isShuffled: isShuffled)
  }

  /// Batches of several sets whose longer examples are treated differently.
  ///
  /// - Parameter overflows: what happens to the longer examples of each set.
  public init(
    _ sources: [(examples: TokenizedExamples, weight: Double)], maximumLength: Int, overflows: [Overflow],
    grouping: BatchPlan.Grouping, seed: UInt64, isShuffled: Bool = true
  ) {
    var segmentLength = maximumLength
    if case .tokens(let capacity) = grouping { segmentLength = min(segmentLength, capacity) }
    cut = ExamplePieces(sources, maximumLength: segmentLength, overflows: overflows, seed: seed)
    plan = BatchPlan(
      lengths: cut.pieces.map(\.tokens.count), grouping: grouping, seed: seed, isShuffled: isShuffled)
    self.sources = sources.map(\.examples)
  }

  /// How many batches one pass over the examples has.
  public var batchesPerEpoch: Int { plan.batchesPerEpoch }

  /// The most tokens that a batch of any epoch may have.
  public var largestBatch: Int { plan.largestBatch }

  /// A batch by its number; those beyond the first epoch are the next epochs'.
  public func batch(_ number: Int) -> TokenBatch {
    var batch = TokenBatch()
    for item in plan.items(ofBatch: number) {
      let piece = cut.pieces[item]
      let examples = sources[piece.source]
      let start = examples.offsets[piece.example]
      let range = start + piece.tokens.lowerBound..<start + piece.tokens.upperBound
      batch.append(ids: examples.ids[range], mask: examples.mask[range])
    }
    return batch
  }
}
