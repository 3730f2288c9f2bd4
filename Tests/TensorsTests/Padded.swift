import Tensors

/// A float32 tensor between stretches of NaN: reading beyond its ends spoils the result, writing shows.
struct Padded {
  static let padding = 64
  let tensor: Tensor
  private let whole: Tensor

  /// Numbers in -1 ..< 1 from a seed; without one NaN, for results that are to be overwritten.
  init(_ shape: Shape, seed: UInt64?) {
    var state = seed ?? 0
    let elements = (0..<shape.count).map { _ -> Float in
      guard seed != nil else { return .nan }
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    let nan = [Float](repeating: .nan, count: Self.padding)
    self.init(whole: Tensor(nan + elements + nan, shape: [shape.count + 2 * Self.padding]), shape: shape)
  }

  init(copying other: Padded) {
    self.init(whole: Tensor(other.whole.array, shape: other.whole.shape), shape: other.tensor.shape)
  }

  private init(whole: Tensor, shape: Shape) {
    self.whole = whole
    tensor = Tensor(whole.buffer, byteOffset: Self.padding * 4, shape: shape)
  }

  var paddingIsUntouched: Bool {
    let all = whole.array
    return all.prefix(Self.padding).allSatisfy(\.isNaN) && all.suffix(Self.padding).allSatisfy(\.isNaN)
  }
}
