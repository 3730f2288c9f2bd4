import Tensors

/// The numbers under which GGUF knows the types of tensors.
enum GGUFTensorType {
  static let elementTypes: [UInt32: ElementType] = [
    0: .float32, 1: .float16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 10: .q2_K, 11: .q3_K,
    12: .q4_K, 13: .q5_K, 14: .q6_K, 24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64,
    30: .bfloat16,
  ]

  /// Types that exist but aren't read, by name for messages.
  static let unsupportedNames: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL",
    21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]

  /// The number of `elementType`; nil for the types that GGUF hasn't.
  static func number(of elementType: ElementType) -> UInt32? {
    elementTypes.first { $0.value == elementType }?.key
  }
}
