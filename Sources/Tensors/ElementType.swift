/// How a tensor's elements are stored: plain numbers, or GGML's blocks of quantised ones.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  case float32, float16, bfloat16
  case q4_0, q4_1, q5_0, q5_1, q8_0
  case q2_K, q3_K, q4_K, q5_K, q6_K
  case float64, int64, int32, int16, int8, uint8, bool

  /// How many elements one block holds; 1 for plain numbers.
  public var blockLength: Int {
    switch self {
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: 256
    default: 1
    }
  }

  /// How many bytes one block takes.
  public var blockBytes: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
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

  /// Whether the elements are packed in blocks that share scales.
  public var isQuantized: Bool { blockLength > 1 }

  /// How many bytes that many elements take; the count must be a whole number of blocks.
  public func byteCount(elements: Int) -> Int {
    precondition(elements % blockLength == 0, "\(elements) elements are no whole number of \(self) blocks")
    return elements / blockLength * blockBytes
  }
}
