import Tensors

/// A model's parameters under the names and in the arrangement of a kind of file: the way back from
/// `StoredTensors`.
struct ArrangedTensors {
  /// A tensor as it is to be stored, its elements still of the type that they came in.
  struct Element {
    let name: String
    let tensor: Tensor
    /// Whether it is a matrix (embedding, linear) rather than a gain or a bias.
    var isMatrix: Bool { tensor.shape.rank == 2 }
  }

  let configuration: ModelConfiguration
  let rules: [TensorRule]

  /// What is stored for these parameters, in the order of a forward pass.
  ///
  /// - Throws: `ModelError.missingTensor` where a parameter is missing or the file has no name for it.
  func elements(of tensors: [String: Tensor], path: String) throws -> [Element] {
    var parts: [String: [Tensor]] = [:]
    var elements: [Element] = []
    for slot in configuration.parameterSlots {
      guard let tensor = tensors[slot.name], let (rule, layer) = TensorRule.find(slot.name, in: rules) else {
        throw ModelError.missingTensor(slot.name, path: path)
      }
      let name = rule.stored.replacing("{n}", with: "\(layer)")
      switch rule.storage {
      case .asIs: elements.append(Element(name: name, tensor: tensor))
      case .transposed: elements.append(Element(name: name, tensor: tensor.float32.transposed))
      case .interleavedHeads:
        let sources = TensorRule.Storage.separating(slot, in: configuration)
        elements.append(Element(name: name, tensor: tensor.selectingRows(sources)))
      case .fused, .fusedTransposed:
        // Query, key and value come in this order.
        parts[name, default: []].append(tensor.float32)
        guard let parts = parts[name], parts.count == 3 else { continue }
        let whole = Tensor(stacking: parts, columns: slot.isMatrix ? slot.shape[1] : 1)
        let stored = rule.storage.isTransposed ? whole.transposed : whole
        elements.append(Element(name: name, tensor: slot.isMatrix ? stored : stored.reshaped([stored.count])))
      }
    }
    return elements
  }
}

extension TensorRule.Storage {
  /// For each row of the interleaved storage, the row of the query or key matrix that it holds.
  fileprivate static func separating(_ slot: ParameterSlot, in configuration: ModelConfiguration) -> [Int] {
    var sources = [Int](repeating: 0, count: slot.shape[0])
    for (row, place) in interleaving(slot, in: configuration).enumerated() { sources[place] = row }
    return sources
  }
}

extension Tensor {
  /// Float32 matrices one below the other.
  init(stacking parts: [Tensor], columns: Int) {
    self.init(zeros: [parts.reduce(0) { $0 + $1.count } / columns, columns])
    var offset = 0
    for part in parts {
      (floats + offset).update(from: part.floats, count: part.count)
      offset += part.count
    }
  }
}
