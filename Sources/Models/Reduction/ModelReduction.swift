import Tensors

/// How a small model of the same family and vocabulary is made of a large one's weights.
///
/// Layers are left out evenly, the first and the last kept. A narrower residual stream is the large one's projection
/// on the main directions of its embedding, which are what the head reads it by (SliceGPT, Ashkboos and others 2024,
/// cuts models by the main directions of their activations). So what takes most of a small model with a large
/// vocabulary, its table, shrinks with its width, and the result is an ordinary checkpoint of the family.
public struct ModelReduction: Sendable, Hashable {
  /// How many layers stay; nil, here and below: all.
  public var layers: Int?
  /// The width of the residual stream.
  public var hiddenSize: Int?
  /// The width within the feed-forward block: the units with the largest weights stay.
  public var intermediateSize: Int?
  /// How many key and value heads stay, each with its query heads.
  public var keyValueHeads: Int?

  public init(
    layers: Int? = nil, hiddenSize: Int? = nil, intermediateSize: Int? = nil, keyValueHeads: Int? = nil
  ) {
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.keyValueHeads = keyValueHeads
  }

  /// The small model's configuration.
  ///
  /// - Throws: `ModelError.cannotReduce` where it would be larger somewhere, or the family can't be projected.
  public func configuration(of base: ModelConfiguration, path: String) throws -> ModelConfiguration {
    func size(_ wanted: Int?, of whole: Int, _ name: String) throws -> Int {
      guard let wanted else { return whole }
      guard 1...whole ~= wanted else {
        throw ModelError.cannotReduce(path: path, reason: "its \(name) \(whole) can't become \(wanted)")
      }
      return wanted
    }
    var small = base
    small.layers = try size(layers, of: base.layers, "number of layers")
    small.hiddenSize = try size(hiddenSize, of: base.hiddenSize, "hidden size")
    small.intermediateSize = try size(intermediateSize, of: base.intermediateSize, "intermediate size")
    small.keyValueHeads = try size(keyValueHeads, of: base.keyValueHeads, "number of key and value heads")
    small.heads = small.keyValueHeads * (base.heads / base.keyValueHeads)
    if small.heads != base.heads, base.position == .learned {
      throw ModelError.cannotReduce(
        path: path, reason: "\(base.family) says how wide its heads are by their number, so all of them stay")
    }
    if small.hiddenSize != base.hiddenSize, base.normalization != .rootMeanSquare {
      throw ModelError.cannotReduce(
        path: path, reason: "a norm that subtracts the mean, as \(base.family)'s, can't be projected")
    }
    return small
  }

  /// The small model's weights, float32; its path is the base's.
  ///
  /// - Parameters:
  ///   - base: Without an adapter.
  ///   - seed: What the search for the main directions begins at.
  public func reduced(_ base: Checkpoint, seed: UInt64, compute: Compute) throws -> Checkpoint {
    precondition(base.adapter == nil, "an adapter is merged first")
    let small = try configuration(of: base.configuration, path: base.path)
    var projection: Projection?
    if small.hiddenSize != base.configuration.hiddenSize {
      let table = try base.tensor(ParameterNames.embedding)
      projection = Projection(table, width: small.hiddenSize, seed: seed, compute: compute)
    }
    let parts = ReducedLayers(base: base, small: small, projection: projection)
    return base.with(configuration: small, tensors: try parts.tensors)
  }

  /// So many of the places 0 ..< total, evenly spread, the first and the last among them.
  static func spread(_ count: Int, of total: Int) -> [Int] {
    guard count > 1 else { return [0] }
    return (0..<count).map { ($0 * (total - 1) + (count - 1) / 2) / (count - 1) }
  }
}

extension Checkpoint {
  /// A weight in float32.
  ///
  /// - Throws: `ModelError.missingTensor`
  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw ModelError.missingTensor(name, path: path) }
    return tensor.float32
  }
}
