import Datasets
import Tensors

/// A cache's logits as a pass over a batch reads them; without a file, in plans, only the memory that they take.
struct CachedLogits: Sendable {
  private let cache: LogitCache?
  private let elementType: ElementType

  init(_ cache: LogitCache) {
    self.cache = cache
    elementType = cache.elementType
  }

  /// Those of a cache that isn't there yet.
  init(planning precision: LogitCache.Precision, top: Int?) {
    cache = nil
    elementType = LogitCache.elementType(precision, top: top)
  }

  /// Names the models that the logits are of; empty in plans.
  var identity: String { cache?.identity ?? "" }

  /// The cache's row of every position whose loss counts, in their order.
  func rows(of batch: TokenBatch) throws -> [Int] { try cache?.rows(of: batch) ?? [] }

  /// The logits of rows, float32 of that shape.
  func read(_ rows: ArraySlice<Int>, _ shape: Shape, with compute: Compute) throws -> Tensor {
    let stored = compute.arena.tensor("cached logits", shape, elementType: elementType, for: .workspace)
    let logits =
      elementType == .float32
      ? stored : compute.arena.tensor("other models' logits", shape, for: .workspace)
    guard !compute.isPlanning else { return logits }
    guard let cache else { preconditionFailure("logits without a file are for plans only") }
    try cache.read(rows, into: stored)
    if elementType != .float32 { stored.copyFloat32(into: logits) }
    return logits
  }
}
