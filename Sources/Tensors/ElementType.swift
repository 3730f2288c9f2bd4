/// How the elements of a tensor are stored.
///
/// The plain types hold one element each; the block types of GGUF (`q4_0` … `q6_K`) hold a fixed number of
/// elements in a fixed number of bytes, and a row is always a whole number of blocks.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  case float64, float32, float16, bfloat16
  case int64, int32, int16, int8
  case uint64, uint32, uint16, uint8, bool
  /// Blocks of 32 elements: one scale, in `_1` also one minimum.
  case q4_0, q4_1, q5_0, q5_1, q8_0
  /// Superblocks of 256 elements: scales that are themselves quantised.
  case q2_K, q3_K, q4_K, q5_K, q6_K

  /// The number of elements in one block; 1 for the plain types.
  public var blockLength: Int {
    switch self {
    case .float64, .float32, .float16, .bfloat16: 1
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: 256
    }
  }

  /// The number of bytes in one block; for the plain types, in one element.
  public var blockBytes: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q2_K: 84
    case .q3_K: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

  /// Whether elements are packed into blocks and must be dequantised to be read.
  public var isQuantized: Bool { blockLength > 1 }

  /// The bytes that `elements` elements take.
  ///
  /// - Precondition: `elements` is a whole number of blocks.
  public func byteCount(elements: Int) -> Int {
    precondition(elements % blockLength == 0, "\(elements) elements are no whole number of \(self) blocks")
    return elements / blockLength * blockBytes
  }

  /// The bytes that a tensor of `shape` takes, or nil when a size is negative, the last dimension is no whole
  /// number of blocks, or the product overflows: the check for shapes that come from a file.
  public func byteCount(shape: [Int]) -> Int? {
    if isQuantized {
      guard let last = shape.last, last % blockLength == 0 else { return nil }
    }
    var elements = 1
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = elements.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      elements = product
    }
    let (bytes, overflow) = (elements / blockLength).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }
}
