import Tensors

/// A small model's weights, taken out of a large one's.
struct ReducedLayers {
  let base: Checkpoint
  let small: ModelConfiguration
  /// nil: the residual stream stays as wide as it is.
  let projection: Projection?

  private var large: ModelConfiguration { base.configuration }

  /// Every weight by name.
  var tensors: [String: Tensor] {
    get throws {
      var tensors: [String: Tensor] = [:]
      tensors[ParameterNames.embedding] = written(try base.tensor(ParameterNames.embedding))
      if large.position == .learned {
        tensors[ParameterNames.positionEmbedding] = written(try base.tensor(ParameterNames.positionEmbedding))
      }
      for (layer, source) in ModelReduction.spread(small.layers, of: large.layers).enumerated() {
        try add(layer, from: source, to: &tensors)
      }
      let norm = ParameterNames.finalNorm + ".weight"
      let gain = try base.tensor(norm)
      tensors[norm] = small.tiedHead ? projection.map { $0.tiedGain(gain) } ?? gain : newGain(gain)
      if !small.tiedHead {
        tensors[ParameterNames.head] = read(try base.tensor(ParameterNames.head), gain: gain)
      }
      if large.normalization == .layer {
        let bias = ParameterNames.finalNorm + ".bias"
        tensors[bias] = try base.tensor(bias)
      }
      return tensors
    }
  }

  private func add(_ layer: Int, from source: Int, to tensors: inout [String: Tensor]) throws {
    func weight(_ module: LayerModule) throws -> Tensor {
      try base.tensor(ParameterNames.module(source, module) + ".weight")
    }
    func storedBias(_ module: LayerModule) throws -> Tensor? {
      large.hasBias(module) ? try base.tensor(ParameterNames.module(source, module) + ".bias") : nil
    }
    func set(_ module: LayerModule, _ weight: Tensor, _ bias: Tensor?) {
      tensors[ParameterNames.module(layer, module) + ".weight"] = weight
      if let bias { tensors[ParameterNames.module(layer, module) + ".bias"] = bias }
    }
    for norm in [LayerModule.inputNorm, .feedForwardNorm] {
      set(norm, newGain(try weight(norm)), try storedBias(norm))
    }
    let heads = keptRows
    let units = try keptUnits(weight)
    let readers: [(module: LayerModule, norm: LayerModule, rows: [Int])] = [
      (.query, .inputNorm, heads.query), (.key, .inputNorm, heads.keyValue),
      (.value, .inputNorm, heads.keyValue), (.gate, .feedForwardNorm, units), (.up, .feedForwardNorm, units),
    ]
    for reader in readers where large.shape(of: reader.module) != nil {
      let kept = try weight(reader.module).gatheringRows(reader.rows)
      set(
        reader.module, read(kept, gain: try weight(reader.norm)),
        try storedBias(reader.module)?.gatheringRows(reader.rows))
    }
    let writers: [(module: LayerModule, columns: [Int])] = [
      (.attentionOutput, heads.query), (.down, units),
    ]
    for writer in writers {
      let kept = try weight(writer.module).gatheringColumns(writer.columns)
      let bias = try storedBias(writer.module)
      set(
        writer.module, projection.map { $0.writing(kept) } ?? kept,
        bias.map { written($0.reshaped([1, $0.count])).reshaped([small.hiddenSize]) })
    }
  }

  // MARK: - What stays

  /// The rows of the query, and of the key and value matrices, that stay: whole heads.
  private var keptRows: (query: [Int], keyValue: [Int]) {
    let group = large.heads / large.keyValueHeads
    let heads = ModelReduction.spread(small.keyValueHeads, of: large.keyValueHeads)
    func rows(_ heads: [Int]) -> [Int] {
      heads.flatMap { $0 * large.headDimension..<($0 + 1) * large.headDimension }
    }
    return (rows(heads.flatMap { $0 * group..<($0 + 1) * group }), rows(heads))
  }

  /// The units of the feed-forward block that stay: those whose weights, in and out, have the largest norms.
  private func keptUnits(_ weight: (LayerModule) throws -> Tensor) throws -> [Int] {
    let count = large.intermediateSize
    guard small.intermediateSize < count else { return Array(0..<count) }
    let (up, down) = (try weight(.up), try weight(.down))
    let importance = (0..<count).map { unit in
      var (entering, leaving): (Float, Float) = (0, 0)
      for column in 0..<up.columns {
        let value = up.floats[unit * up.columns + column]
        entering += value * value
      }
      for row in 0..<down.rows {
        let value = down.floats[row * count + unit]
        leaving += value * value
      }
      return entering * leaving
    }
    let order = (0..<count).sorted { (importance[$1], $0) < (importance[$0], $1) }
    return order.prefix(small.intermediateSize).sorted()
  }

  // MARK: - What is projected

  /// A matrix that reads the residual stream behind a norm, whose gain it takes in.
  private func read(_ weight: Tensor, gain: Tensor) -> Tensor {
    projection.map { $0.reading(weight, gain: gain) } ?? weight
  }

  /// Rows that are added to the residual stream.
  private func written(_ rows: Tensor) -> Tensor { projection.map { $0.projected(rows) } ?? rows }

  /// The gain of a norm whose own gain the matrices behind it took in.
  private func newGain(_ gain: Tensor) -> Tensor {
    projection.map { Tensor([Float](repeating: $0.gain, count: $0.narrow), shape: [$0.narrow]) } ?? gain
  }
}

extension Tensor {
  /// Some rows of a float32 matrix, or some elements of a vector.
  fileprivate func gatheringRows(_ places: [Int]) -> Tensor {
    let length = shape.rank == 1 ? 1 : columns
    let result = Tensor(zeros: shape.rank == 1 ? [places.count] : [places.count, length])
    for (row, place) in places.enumerated() {
      (result.floats + row * length).update(from: floats + place * length, count: length)
    }
    return result
  }

  /// Some columns of a float32 matrix.
  fileprivate func gatheringColumns(_ places: [Int]) -> Tensor {
    let result = Tensor(zeros: [rows, places.count])
    for row in 0..<rows {
      for (column, place) in places.enumerated() {
        result.floats[row * places.count + column] = floats[row * columns + place]
      }
    }
    return result
  }
}
