import Tensors

/// The keys and values of the tokens that one sequence has seen, layer by layer.
public final class KeyValueCache {
  struct Layer {
    /// Shaped [capacity, keyValueHeads · headDimension], like the values.
    var keys: Tensor
    var values: Tensor
  }

  /// How many tokens it holds.
  public private(set) var count = 0
  private(set) var capacity: Int
  private var layers: [Layer]
  private let width: Int

  public init(_ configuration: ModelConfiguration, capacity: Int = 64) {
    self.capacity = max(1, capacity)
    width = configuration.keyValueWidth
    let shape: Shape = [self.capacity, width]
    layers = (0..<configuration.layers).map { _ in
      Layer(keys: Tensor(zeros: shape), values: Tensor(zeros: shape))
    }
  }

  private init(copying other: KeyValueCache) {
    count = other.count
    capacity = max(1, other.count + 64)
    width = other.width
    layers = other.layers
    for index in layers.indices { layers[index] = grown(other.layers[index]) }
  }

  /// Another sequence with the same past.
  public func copy() -> KeyValueCache { KeyValueCache(copying: self) }

  /// Forgets every token from that place on.
  public func truncate(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  /// Makes room for that many more tokens.
  func reserve(_ additional: Int) {
    guard count + additional > capacity else { return }
    capacity = max(2 * capacity, count + additional)
    for index in layers.indices { layers[index] = grown(layers[index]) }
  }

  /// Writes the keys and values of new tokens behind those that `advance` has counted.
  func append(keys: Tensor, values: Tensor, layer: Int) {
    (layers[layer].keys.floats + count * width).update(from: keys.floats, count: keys.count)
    (layers[layer].values.floats + count * width).update(from: values.floats, count: values.count)
  }

  subscript(layer: Int) -> Layer { layers[layer] }

  /// Counts tokens that every layer has written.
  func advance(by tokens: Int) { count += tokens }

  private func grown(_ layer: Layer) -> Layer {
    let new = Layer(keys: Tensor(zeros: [capacity, width]), values: Tensor(zeros: [capacity, width]))
    new.keys.floats.update(from: layer.keys.floats, count: count * width)
    new.values.floats.update(from: layer.values.floats, count: count * width)
    return new
  }
}
