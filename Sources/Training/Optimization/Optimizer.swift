import Autodiff
import Models
import Tensors

/// AdamW over all parameters of a run, with its moments.
///
/// Weight decay pulls at matrices only, not at gains and biases.
public struct Optimizer: Sendable {
  /// What AdamW is tuned by, besides the learning rate.
  public struct Options: Sendable, Hashable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// The largest L2 norm of the whole gradient, to which a longer one is scaled down; nil: none is.
    public var clipping: Double?

    public init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
      clipping: Double? = 1
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.clipping = clipping
    }
  }

  public let options: Options
  /// The running means of the gradient and of its square, laid out as the parameters.
  public let firstMoments: Tensor
  public let secondMoments: Tensor
  private let parameters: TrainableParameters
  /// The longest stretches of parameters with the same weight decay.
  private let stretches: [(range: Range<Int>, decays: Bool)]

  /// Begins with moments of zero.
  public init(_ options: Options, for parameters: TrainableParameters) {
    self.options = options
    self.parameters = parameters
    firstMoments = Tensor(zeros: parameters.values.shape)
    secondMoments = Tensor(zeros: parameters.values.shape)
    // Padding between entries is zero throughout and stays so, whatever stretch it is counted to.
    stretches = parameters.entries.reduce(into: []) { stretches, entry in
      if let last = stretches.last, last.decays == entry.decays {
        stretches[stretches.count - 1].range = last.range.lowerBound..<entry.range.upperBound
      } else {
        stretches.append((entry.range, entry.decays))
      }
    }
  }

  /// Sets every gradient to zero.
  func clearGradients(with compute: Compute) {
    compute.zero(parameters.gradients)
  }

  /// The L2 norm of all gradients together, the same on any number of threads.
  func gradientNorm(with compute: Compute) -> Double {
    compute.squaredSum(of: parameters.gradients).squareRoot()
  }

  /// Updates the parameters in place, with the gradient clipped.
  ///
  /// - Parameters:
  ///   - gradientNorm: the norm of the gradient as it is.
  ///   - update: how many updates this one makes, from 1.
  func update(learningRate: Double, gradientNorm: Double, update: Int, with compute: Compute) {
    for (range, decays) in stretches {
      AdamW(
        learningRate: learningRate, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
        weightDecay: decays ? options.weightDecay : 0
      )
      .update(
        parameters.values.elements(range), firstMoments: firstMoments.elements(range),
        secondMoments: secondMoments.elements(range), gradients: parameters.gradients.elements(range),
        gradientScale: clippingScale(gradientNorm), step: update, with: compute)
    }
  }

  /// What is left of a gradient of this norm when it is clipped, as PyTorch's `clip_grad_norm_` has it.
  private func clippingScale(_ norm: Double) -> Float {
    options.clipping.map { Float(min(1, $0 / (norm + 1e-6))) } ?? 1
  }
}

extension Tensor {
  /// A stretch of a flat float32 tensor, sharing its memory.
  fileprivate func elements(_ range: Range<Int>) -> Tensor {
    Tensor(buffer, byteOffset: byteOffset + 4 * range.lowerBound, shape: [range.count])
  }
}
