/// Which items share a batch, and in which order batches come: a pure function of the lengths, the seed and
/// the step.
///
/// Packed bins are put together once, from a shuffled order; every epoch then runs through all of them in
/// an order of its own. Without packing every epoch groups the items anew. Either way an epoch holds every
/// item exactly once.
public struct BatchPlan: Sendable {
  /// How items are gathered into batches.
  public enum Grouping: Sendable, Hashable {
    /// So many items a batch, whatever their lengths (an epoch's last batch may hold fewer).
    case examples(Int)
    /// As many items as fit so many tokens.
    case tokens(Int)
  }

  /// How items are gathered into batches.
  public let grouping: Grouping
  /// What the order is made from.
  public let seed: UInt64
  /// Whether the order is shuffled (training) or the input's (validation).
  public let isShuffled: Bool
  /// The number of batches in an epoch; 0 when there are no items.
  public let batchesPerEpoch: Int
  /// An upper bound on the tokens of any batch: what buffers must hold.
  public let largestBatch: Int

  private let itemCount: Int
  private let bins: [[Int]]

  /// Plans batches over items of the given lengths.
  ///
  /// - Parameters:
  ///   - lengths: tokens of each item; for `.tokens(capacity)` each in `1...capacity`.
  ///   - grouping: how items are gathered into batches.
  ///   - seed: what the order is made from.
  ///   - isShuffled: false keeps the input's order (packing still places items where they fit best).
  public init(lengths: [Int], grouping: Grouping, seed: UInt64, isShuffled: Bool = true) {
    self.grouping = grouping
    self.seed = seed
    self.isShuffled = isShuffled
    self.itemCount = lengths.count
    switch grouping {
    case .examples(let size):
      precondition(size > 0, "a batch holds something")
      self.bins = []
      self.batchesPerEpoch = (lengths.count + size - 1) / size
      self.largestBatch = lengths.sorted(by: >).prefix(size).reduce(0, +)
    case .tokens(let capacity):
      let order = Permutation(count: lengths.count, seed: seed)
      let items = isShuffled ? lengths.indices.map { order[$0] } : Array(lengths.indices)
      let packed = BestFitPacker.bins(of: items.map { lengths[$0] }, capacity: capacity)
      self.bins = packed.map { bin in bin.map { items[$0] } }
      self.batchesPerEpoch = packed.count
      self.largestBatch = bins.map { bin in bin.reduce(0) { $0 + lengths[$1] } }.max() ?? 0
    }
  }

  /// The items of a batch; numbers count from 0 through all epochs.
  public func items(ofBatch number: Int) -> [Int] {
    precondition(number >= 0 && batchesPerEpoch > 0, "an empty plan has no batches")
    let (epoch, place) = number.quotientAndRemainder(dividingBy: batchesPerEpoch)
    let epochSeed = mixedBits(seed ^ mixedBits(UInt64(epoch) + 1))
    switch grouping {
    case .examples(let size):
      let places = place * size..<min((place + 1) * size, itemCount)
      guard isShuffled else { return Array(places) }
      let order = Permutation(count: itemCount, seed: epochSeed)
      return places.map { order[$0] }
    case .tokens:
      return bins[isShuffled ? Permutation(count: bins.count, seed: epochSeed)[place] : place]
    }
  }
}
