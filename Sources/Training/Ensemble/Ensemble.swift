import Autodiff
import Datasets
import Tensors

/// The ensemble that a trained expert is part of: softmax(z_base + α (z_expert − z_antiexpert)).
///
/// The other two models stay as they are, so what they say at the data's positions is computed once and read from a
/// file: z_base − α z_antiexpert. For any loss of that softmax, ∂L/∂z_expert = α · ∂L/∂z.
public struct Ensemble: Sendable {
  /// How strongly the expert steers.
  public let alpha: Float
  /// What the other models say; nil in plans, which look at no position.
  private let cache: LogitCache?
  private let elementType: ElementType

  /// The ensemble with the other models' logits from a cache, which were combined for its α.
  public init(_ cache: LogitCache) {
    self.cache = cache
    alpha = cache.alpha
    elementType = cache.precision.elementType
  }

  /// What a plan needs to know of an ensemble whose logits aren't there yet.
  public init(planning precision: LogitCache.Precision) {
    cache = nil
    alpha = 1
    elementType = precision.elementType
  }

  /// Names the models and their strength; empty in plans.
  public var identity: String { cache?.identity ?? "" }

  /// The cache's row of every position whose loss counts, in their order.
  func rows(of batch: TokenBatch) throws -> [Int] { try cache?.rows(of: batch) ?? [] }

  /// z = α · z + (z_base − α · z_antiexpert), for logits [rows, vocabulary] of positions that lie in those cache rows.
  func join(_ logits: Tensor, rows: ArraySlice<Int>, with compute: Compute) throws {
    let stored = compute.arena.tensor(
      "cached logits", logits.shape, elementType: elementType, for: .workspace)
    let others =
      elementType == .float32
      ? stored : compute.arena.tensor("other models' logits", logits.shape, for: .workspace)
    guard !compute.isPlanning else { return }
    guard let cache else { preconditionFailure("an ensemble without logits is for plans only") }
    try cache.read(rows, into: stored)
    if elementType != .float32 { stored.copyFloat32(into: others) }
    compute.scale(logits, by: alpha, into: logits)
    compute.scale(others, by: 1, into: logits, adding: true)
  }

  /// From the gradient with respect to the ensemble's logits to that of the expert's, in place.
  func backward(_ dLogits: Tensor, with compute: Compute) { compute.scale(dLogits, by: alpha, into: dLogits) }
}

/// Any objective, through an ensemble: the same loss of the ensemble's softmax, its gradient to the expert alone.
public struct EnsembleObjective: Objective {
  public let objective: any Objective
  public let ensemble: Ensemble?

  public init(_ objective: any Objective, through ensemble: Ensemble) {
    self.objective = objective
    self.ensemble = ensemble
  }

  public var isLikelihood: Bool { objective.isLikelihood }

  public func weight(of batch: TokenBatch) -> Double { objective.weight(of: batch) }

  public func loss(of batch: TokenBatch) -> TargetLoss { objective.loss(of: batch) }
}
