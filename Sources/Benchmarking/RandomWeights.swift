import Models
import Tensors

/// Weights that nobody trained: the speed of a model doesn't depend on what it has learnt.
enum RandomWeights {
  /// As many numbers as are drawn; larger matrices repeat them, which saves minutes for a large model.
  private static let drawn = 1 << 18

  /// A matrix of normal numbers with a deviation of 0.02.
  static func matrix(_ shape: Shape, as elementType: ElementType) -> Tensor {
    let matrix = Tensor(zeros: shape, elementType: elementType)
    fill(matrix)
    return matrix
  }

  /// Every weight of a model: matrices of `elementType`, gains 1 and biases 0.
  static func tensors(_ configuration: ModelConfiguration, as elementType: ElementType) -> [String: Tensor] {
    Dictionary(
      uniqueKeysWithValues: configuration.parameterSlots.map { slot in
        guard slot.isMatrix else {
          return (
            slot.name, Tensor(Array(repeating: start(of: slot), count: slot.shape.count), shape: slot.shape)
          )
        }
        return (slot.name, matrix(slot.shape, as: elementType))
      })
  }

  /// Parameters to be trained, with such values.
  static func trainable(_ configuration: ModelConfiguration) -> TrainableParameters {
    let parameters = TrainableParameters(configuration.parameterSlots)
    for entry in parameters.entries {
      let value = parameters.value(entry)
      if entry.slot.isMatrix {
        fill(value)
      } else {
        value.floats.update(repeating: start(of: entry.slot), count: value.count)
      }
    }
    return parameters
  }

  /// What a gain or a bias begins at.
  private static func start(of slot: ParameterSlot) -> Float { slot.name.hasSuffix(".weight") ? 1 : 0 }

  private static func fill(_ matrix: Tensor) {
    let numbers = Tensor(zeros: [drawn])
    CounterRandom(seed: 1).fillNormal(
      UnsafeMutableBufferPointer(start: numbers.floats, count: drawn), standardDeviation: 0.02)
    let pattern = numbers.converted(to: matrix.elementType)
    withExtendedLifetime(pattern) {
      for start in stride(from: 0, to: matrix.byteCount, by: pattern.byteCount) {
        let count = min(pattern.byteCount, matrix.byteCount - start)
        (matrix.bytes + start).copyMemory(from: pattern.bytes, byteCount: count)
      }
    }
  }
}
