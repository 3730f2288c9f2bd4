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
  private let others: CachedLogits

  /// The ensemble with the other models' logits from a cache, which were combined for its α.
  public init(_ cache: LogitCache) {
    alpha = cache.alpha
    others = CachedLogits(cache)
  }

  /// What a plan needs to know of an ensemble whose logits aren't there yet.
  ///
  /// - Parameter top: How many tokens each row of them will keep; nil: all.
  public init(planning precision: LogitCache.Precision, top: Int? = nil) {
    alpha = 1
    others = CachedLogits(planning: precision, top: top)
  }

  /// Names the models and their strength; empty in plans.
  public var identity: String { others.identity }

  /// The cache's row of every position whose loss counts, in their order.
  func rows(of batch: TokenBatch) throws -> [Int] { try others.rows(of: batch) }

  /// z = α · z + (z_base − α · z_antiexpert), for logits [rows, vocabulary] of positions that lie in those cache rows.
  func join(_ logits: Tensor, rows: ArraySlice<Int>, with compute: Compute) throws {
    let others = try others.read(rows, logits.shape, with: compute)
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
