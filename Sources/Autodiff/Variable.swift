import Tensors

/// A tensor on the tape: its value, and while gradients flow, the gradient of the loss with respect to it.
public final class Variable {
  public let value: Tensor
  /// Whether anything that is being learnt lies upstream of it.
  public let requiresGradient: Bool
  /// ∂loss/∂value, shaped as the value, float32; nil until something has flowed into it.
  public internal(set) var gradient: Tensor?

  /// A constant, or a weight that stays as it is.
  public init(_ value: Tensor) {
    self.value = value
    requiresGradient = false
  }

  /// A parameter to be learnt, whose gradient accumulates in memory of the caller's.
  public init(parameter value: Tensor, gradient: Tensor) {
    self.value = value
    self.gradient = gradient
    requiresGradient = true
  }

  init(_ value: Tensor, requiresGradient: Bool) {
    self.value = value
    self.requiresGradient = requiresGradient
  }

  public var shape: Shape { value.shape }
}
