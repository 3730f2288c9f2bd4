import Formats
import Foundation
import Tensors

/// The tensors of a file or folder under their stored names, and the way from those to the decoder's.
struct StoredTensors {
  private let archive: any TensorArchive

  init(_ archive: any TensorArchive) { self.archive = archive }

  private var path: String { archive.path }

  /// Whether nothing is stored for a parameter.
  func isMissing(_ parameter: String, rules: [TensorRule]) -> Bool {
    guard let rule = rules.first(where: { $0.parameter == parameter }) else { return true }
    return stored(rule.stored) == nil
  }

  /// Every parameter that the configuration calls for, arranged as the decoder wants it.
  func parameters(of configuration: ModelConfiguration, rules: [TensorRule]) throws -> [String: Tensor] {
    // Each layer has tensors of its own: a number of layers that is made up isn't laid out first.
    guard configuration.layers <= archive.tensors.count else {
      throw ModelError.impossibleShape(
        path: path, reason: "\(archive.tensors.count) tensors are too few for \(configuration.layers) layers")
    }
    var parameters: [String: Tensor] = [:]
    for slot in configuration.parameterSlots {
      guard let (rule, layer) = TensorRule.find(slot.name, in: rules) else {
        throw ModelError.missingTensor(slot.name, path: path)
      }
      let name = rule.stored.replacingOccurrences(of: "{n}", with: "\(layer)")
      guard let found = stored(name) else { throw ModelError.missingTensor(name, path: path) }
      guard found.elementType.isServed else {
        throw ModelError.wrongElementType(name, found: found.elementType.rawValue, path: path)
      }
      let expected = rule.storage.storedShape(of: slot.shape, in: configuration).array
      guard found.shape == expected else {
        throw ModelError.wrongShape(name, found: found.shape, expected: expected, path: path)
      }
      // Gains and biases are taken apart by the element, which the blocks of quantised ones can't be.
      let tensor = slot.isMatrix ? Tensor(found) : Tensor(found).float32
      parameters[slot.name] = rule.storage.parameter(from: tensor, slot: slot, in: configuration)
    }
    return parameters
  }

  /// A tensor by its name, or by the name without the leading module that some checkpoints leave out.
  private func stored(_ name: String) -> StoredTensor? {
    if let tensor = archive.tensors[name] { return tensor }
    guard let dot = name.firstIndex(of: "."), ["model", "transformer"].contains(name[..<dot]) else {
      return nil
    }
    return archive.tensors[String(name[name.index(after: dot)...])]
  }
}

extension Tensor {
  /// A tensor in its mapped file; copied only where its alignment forbids reading it in place.
  ///
  /// - Precondition: it has at most four extents, and its elements are of a type that is served.
  init(_ stored: StoredTensor) {
    let shape = Shape(stored.shape)
    let bytes = stored.bytes
    let alignment = stored.elementType == .float32 ? 4 : 2
    if let base = bytes.baseAddress, Int(bitPattern: base) % alignment == 0 {
      let file = stored.file
      self.init(
        Buffer(base: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count) { _ = file },
        shape: shape, elementType: stored.elementType)
    } else {
      self.init(zeros: shape, elementType: stored.elementType)
      withExtendedLifetime(stored) {
        UnsafeMutableRawBufferPointer(start: self.bytes, count: byteCount).copyMemory(from: bytes)
      }
    }
  }
}

extension TensorRule {
  /// The rule for a parameter, and its layer.
  static func find(_ parameter: String, in rules: [TensorRule]) -> (rule: TensorRule, layer: Int)? {
    let parts = parameter.split(separator: ".", omittingEmptySubsequences: false)
    let layer = parts.count > 3 && parts[1] == "layers" ? Int(parts[2]) : nil
    let generic = layer == nil ? parameter : (parts[..<2] + ["{n}"] + parts[3...]).joined(separator: ".")
    return rules.first { $0.parameter == generic }.map { ($0, layer ?? 0) }
  }
}

extension TensorRule.Storage {
  /// The stored tensor's shape, given the parameter's.
  func storedShape(of shape: Shape, in configuration: ModelConfiguration) -> Shape {
    let fused = configuration.queryWidth + 2 * configuration.keyValueWidth
    switch self {
    case .asIs, .interleavedHeads: return shape
    case .transposed: return [shape[1], shape[0]]
    case .fused: return shape.rank == 2 ? [fused, shape[1]] : [fused]
    case .fusedTransposed: return [shape[1], fused]
    }
  }

  /// The parameter, out of what is stored.
  func parameter(from stored: Tensor, slot: ParameterSlot, in configuration: ModelConfiguration) -> Tensor {
    switch self {
    case .asIs: return stored
    case .interleavedHeads:
      return stored.selectingRows(TensorRule.Storage.interleaving(slot, in: configuration))
    case .transposed: return stored.float32.transposed
    case .fused(let part): return stored.part(part, in: configuration).reshaped(slot.shape)
    case .fusedTransposed(let part): return stored.float32.transposed.part(part, in: configuration)
    }
  }

  /// For each row of a query or key matrix, the row of the interleaved storage that holds it.
  static func interleaving(_ slot: ParameterSlot, in configuration: ModelConfiguration) -> [Int] {
    let dimension = configuration.headDimension
    let half = dimension / 2
    return (0..<slot.shape[0]).map { row in
      let (head, place) = row.quotientAndRemainder(dividingBy: dimension)
      let (part, pair) = place.quotientAndRemainder(dividingBy: half)
      return head * dimension + 2 * pair + part
    }
  }
}

extension Tensor {
  /// The transpose of a float32 matrix, on the heap.
  var transposed: Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let result = Tensor(zeros: [columns, rows])
    let (from, to) = (floats, result.floats)
    for row in 0..<rows {
      for column in 0..<columns { to[column * rows + row] = from[row * columns + column] }
    }
    return result
  }

  /// Those rows, in that order, of any element type; a vector's elements count as rows.
  func selectingRows(_ sources: [Int]) -> Tensor {
    let shape: Shape = shape.rank == 2 ? [sources.count, shape[1]] : [sources.count]
    let result = Tensor(zeros: shape, elementType: elementType)
    let bytes = shape.rank == 2 ? rowBytes : elementType.blockBytes
    for (row, source) in sources.enumerated() {
      (result.bytes + row * bytes).copyMemory(from: self.bytes + source * bytes, byteCount: bytes)
    }
    return result
  }

  /// Query, key or value out of the three stored one below the other.
  func part(_ part: Int, in configuration: ModelConfiguration) -> Tensor {
    let widths = [configuration.queryWidth, configuration.keyValueWidth, configuration.keyValueWidth]
    let start = widths[..<part].reduce(0, +)
    let matrix = shape.rank == 2 ? self : reshaped([shape[0], 1])
    return matrix.rows(start..<start + widths[part])
  }
}
