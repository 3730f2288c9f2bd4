import Datasets
import Tensors

/// What a run minimises: a small audited function from logits to loss and gradient (rule 6).
///
/// It sees logits, never the model. So an objective through a proxy-tuned ensemble is one that adds the ensemble's
/// other logits first, and one on preferences is a cross-entropy with other weights.
public protocol Objective: Sendable {
  /// How much a batch counts: what the loss is averaged over.
  func weight(of batch: TokenBatch) -> Double

  /// The function from a batch's logits to its summed loss times `scale`.
  func loss(of batch: TokenBatch, scale: Double) -> LossOfRows
}

/// The summed loss of some rows of a batch, given their logits, [rows, vocabulary].
///
/// When a gradient is wanted it overwrites the logits with ∂loss/∂logits, else their content is lost. Also called while
/// only memory is planned: elements are touched within `Compute.run`.
public typealias LossOfRows = (
  _ logits: Tensor, _ rows: Range<Int>, _ wantsGradient: Bool, _ compute: Compute
) -> Double
