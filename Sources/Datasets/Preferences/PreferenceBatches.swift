import Formats
import Tokenizers

/// Batches of preference pairs: the two answers of a pair, each after the prompt, are two segments of one batch.
///
/// There is no padding. A batch is a pure function of what this was made from and of its number, like `Batches`.
public struct PreferenceBatches: Sendable {
  /// The order of the pairs.
  public let plan: BatchPlan
  /// The pairs that are trained on, cut to the greatest length.
  public private(set) var pairs: [PreferencePair] = []
  /// Which of the given pairs each of these is.
  public private(set) var places: [Int] = []
  /// Pairs with an answer that lost its end, and pairs that were left out because too little of them was left.
  public private(set) var cutPairs = 0
  public private(set) var omittedPairs = 0
  /// The most tokens of a segment.
  public let maximumLength: Int
  /// Names the tokens, the weights and how they are put together.
  public let fingerprint: String

  private let hasMismatches: Bool

  /// - Parameters:
  ///   - maximumLength: the most tokens of a prompt with an answer; answers lose their ends.
  ///   - tokensPerBatch: how many tokens make a batch; pairs are never larger than that.
  ///   - seed: what the order is made from.
  ///   - isShuffled: false keeps the order of the pairs, for validation.
  ///   - hasMismatches: whether a pair has a third segment, its prompt with the chosen answer of the pair before it,
  ///     from which KTO finds its baseline.
  public init(
    _ pairs: [PreferencePair], maximumLength: Int, tokensPerBatch: Int, seed: UInt64, isShuffled: Bool = true,
    hasMismatches: Bool = false
  ) {
    let length = min(maximumLength, tokensPerBatch / (hasMismatches ? 3 : 2))
    precondition(length >= 2, "a segment has a token and one that follows it")
    self.maximumLength = length
    self.hasMismatches = hasMismatches
    for (place, pair) in pairs.enumerated() {
      var cut = pair
      let room = max(0, length - pair.prompt.count)
      cut.chosen = Array(pair.chosen.prefix(room))
      cut.rejected = Array(pair.rejected.prefix(room))
      // What no token precedes is nobody's target.
      let isEmpty = [cut.chosen, cut.rejected].contains { $0.count <= (pair.prompt.isEmpty ? 1 : 0) }
      if isEmpty || cut.chosen == cut.rejected {
        omittedPairs += 1
        continue
      }
      if cut != pair { cutPairs += 1 }
      self.pairs.append(cut)
      places.append(place)
    }
    let kept = self.pairs
    let lengths = kept.indices.map { item in
      Self.answers(of: item, in: kept, length: length, hasMismatches: hasMismatches)
        .reduce(0) { $0 + kept[item].prompt.count + $1.count }
    }
    plan = BatchPlan(lengths: lengths, grouping: .tokens(tokensPerBatch), seed: seed, isShuffled: isShuffled)
    let layout = "\(length) \(tokensPerBatch) \(seed) \(isShuffled) \(hasMismatches)"
    fingerprint = Self.fingerprint(of: kept, layout: layout)
  }

  /// How many batches one pass over the pairs has.
  public var batchesPerEpoch: Int { plan.batchesPerEpoch }

  /// The most tokens that a batch of any epoch may have.
  public var largestBatch: Int { plan.largestBatch }

  /// A batch by its number; those beyond the first epoch are the next epochs'.
  public func batch(_ number: Int) -> TokenBatch {
    var batch = TokenBatch()
    for item in plan.items(ofBatch: number) {
      let pair = pairs[item]
      let segments = Self.answers(of: item, in: pairs, length: maximumLength, hasMismatches: hasMismatches)
        .map { batch.append(prompt: pair.prompt, answer: $0) }
      batch.pairs.append(
        SegmentPair(
          chosen: segments[0], rejected: segments[1], mismatched: segments.count > 2 ? segments[2] : nil,
          weight: pair.weight, reference: pair.reference))
    }
    return batch
  }

  /// The same batches with other values of the reference, one for each of `pairs`.
  public func with(_ references: [ReferenceLogProbabilities]) -> PreferenceBatches {
    precondition(references.count == pairs.count, "one reference a pair")
    var batches = self
    for (item, reference) in references.enumerated() { batches.pairs[item].reference = reference }
    return batches
  }

  /// What stands after the prompt in each of a pair's segments.
  private static func answers(
    of item: Int, in pairs: [PreferencePair], length: Int, hasMismatches: Bool
  ) -> [[TokenID]] {
    let pair = pairs[item]
    guard hasMismatches else { return [pair.chosen, pair.rejected] }
    let other = pairs[(item + pairs.count - 1) % pairs.count].chosen
    return [pair.chosen, pair.rejected, Array(other.prefix(length - pair.prompt.count))]
  }

  private static func fingerprint(of pairs: [PreferencePair], layout: String) -> String {
    var accumulator = Fingerprint.Accumulator()
    Array(layout.utf8).withUnsafeBytes { accumulator.append($0) }
    for pair in pairs {
      let counts = [pair.prompt.count, pair.chosen.count, pair.rejected.count].map(UInt64.init)
      (counts + [pair.weight.bitPattern]).withUnsafeBytes { accumulator.append($0) }
      (pair.prompt + pair.chosen + pair.rejected).withUnsafeBytes { accumulator.append($0) }
    }
    return "\(accumulator.finish())"
  }
}

extension TokenBatch {
  /// Adds a prompt with an answer, which is what counts; returns the segment's number.
  fileprivate mutating func append(prompt: [TokenID], answer: [TokenID]) -> Int {
    let ids = prompt + answer
    let mask = ids.indices.map { UInt8($0 < prompt.count ? 0 : 1) }
    append(ids: ids[...], mask: mask[...])
    return segments.count - 1
  }
}
