import CKernels
import Tensors

/// AdamW (Decoupled Weight Decay Regularization, arXiv:1711.05101), in PyTorch's order of operations.
public struct AdamW: Sendable, Hashable {
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  public var weightDecay: Double

  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Updates a flat range of parameters and their moments in place.
  ///
  /// - Parameters:
  ///   - parameters: The parameters p.
  ///   - firstMoments: The running mean of gradients m; zeros before the first step.
  ///   - secondMoments: The running mean of their squares v; zeros before the first step.
  ///   - gradients: ∂loss/∂p.
  ///   - gradientScale: Multiplies every gradient: what clipping leaves of it.
  ///   - step: Counted from 1.
  public func update(
    _ parameters: Tensor, firstMoments: Tensor, secondMoments: Tensor, gradients: Tensor,
    gradientScale: Float = 1, step: Int, with compute: Compute
  ) {
    precondition(step > 0 && parameters.count == gradients.count)
    precondition(firstMoments.count == parameters.count && secondMoments.count == parameters.count)
    let settings = trimtab_adamw(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
      step: step)
    compute.run { pool in
      let (p, m, v, g) = (parameters.floats, firstMoments.floats, secondMoments.floats, gradients.floats)
      pool.forEachRange(of: parameters.count, length: elementsPerTile) { range in
        let i = range.lowerBound
        trimtab_adamw_step(p + i, m + i, v + i, g + i, range.count, gradientScale, settings)
      }
    }
  }
}

extension Compute {
  /// Σ x², summed in double over fixed tiles, so that it doesn't depend on the number of threads.
  ///
  /// Its root is the gradient norm; not finite when any element isn't. 0 while planning.
  public func squaredSum(of x: Tensor) -> Double {
    var total = 0.0
    run { pool in
      let (x, count) = (x.floats, x.count)
      let tiles = (count + elementsPerTile - 1) / elementsPerTile
      withUnsafeTemporaryAllocation(of: Double.self, capacity: tiles) { sums in
        pool.forEachRange(of: count, length: elementsPerTile) { range in
          let tile = range.lowerBound / elementsPerTile
          trimtab_squared_sum(sums.baseAddress.map { $0 + tile }, x + range.lowerBound, range.count)
        }
        for tile in 0..<tiles { total += sums[tile] }
      }
    }
    return total
  }
}
