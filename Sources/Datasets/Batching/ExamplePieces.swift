/// A stretch of an example's tokens that goes into one batch as a segment of its own.
public struct Piece: Sendable, Hashable {
  /// Which of several sets of examples, and which of its examples.
  public var source: Int
  public var example: Int
  /// The tokens, counted from the example's first.
  public var tokens: Range<Int>
}

/// What happens to an example that is longer than a segment may be.
public enum Overflow: Sendable, Hashable {
  /// The end is cut off: a response to a prompt is worth little without the prompt.
  case truncate
  /// It goes on in further segments: every part of a document is worth reading.
  case split
}

/// The pieces that examples are cut into, and what was lost by it.
public struct ExamplePieces: Sendable, Hashable {
  /// The pieces, in the order of the examples.
  public private(set) var pieces: [Piece] = []
  /// Examples that lost their end, and how many tokens that was.
  public private(set) var truncatedExamples = 0
  public private(set) var truncatedTokens = 0
  /// Examples, or parts of them, that were left out because the loss counts none of their tokens.
  public private(set) var withoutLoss = 0

  /// Cuts the examples of several sets.
  ///
  /// - Parameters:
  ///   - sources: the sets, each with its weight: how often an epoch has each of its examples. Of the
  ///     fraction of a weight, the seed chooses which examples come once more (0.5: half of them, 1.5: half
  ///     of them twice).
  ///   - maximumLength: the most tokens of a piece, at least 2.
  public init(
    _ sources: [(examples: TokenizedExamples, weight: Double)], maximumLength: Int, overflow: Overflow,
    seed: UInt64
  ) {
    let overflows = sources.map { _ in overflow }
    self.init(sources, maximumLength: maximumLength, overflows: overflows, seed: seed)
  }

  /// Cuts the examples of several sets, each set's longer ones in its own way.
  public init(
    _ sources: [(examples: TokenizedExamples, weight: Double)], maximumLength: Int, overflows: [Overflow],
    seed: UInt64
  ) {
    precondition(maximumLength >= 2, "a piece has a token and one that follows it")
    precondition(overflows.count == sources.count, "each set has its way")
    for (source, (examples, weight)) in sources.enumerated() {
      precondition(weight >= 0 && weight.isFinite, "a weight is a number of times")
      let order = Permutation(count: examples.count, seed: mixedBits(seed ^ UInt64(source)))
      let total = Int((Double(examples.count) * weight).rounded())
      let (rounds, rest) =
        examples.count == 0 ? (0, 0) : total.quotientAndRemainder(dividingBy: examples.count)
      let extra = rest == 0 ? [] : (0..<rest).map { order[$0] }.sorted()
      for round in 0...rounds {
        for example in round < rounds ? Array(0..<examples.count) : extra {
          add(source, example, examples, maximumLength, overflows[source])
        }
      }
    }
  }

  private mutating func add(
    _ source: Int, _ example: Int, _ examples: TokenizedExamples, _ maximumLength: Int, _ overflow: Overflow
  ) {
    let start = examples.offsets[example]
    let length = examples.offsets[example + 1] - start
    if length > maximumLength, overflow == .truncate {
      truncatedExamples += 1
      truncatedTokens += length - maximumLength
    }
    let usedLength = overflow == .truncate ? min(length, maximumLength) : length
    for lower in stride(from: 0, to: max(usedLength, 1), by: maximumLength) {
      let tokens = lower..<min(lower + maximumLength, usedLength)
      // The first token of a segment is nobody's target.
      let targets = examples.mask[(start + tokens.lowerBound)..<(start + tokens.upperBound)].dropFirst()
      if targets.contains(1) {
        pieces.append(Piece(source: source, example: example, tokens: tokens))
      } else {
        withoutLoss += 1
      }
    }
  }
}
