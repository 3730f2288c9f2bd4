import Models

/// A Llama-shaped model known by its size, for measurements that need no trained weights.
public enum ModelShape: String, Sendable, Hashable, CaseIterable {
  /// A thousandth of anything real: for trying out.
  case tiny
  case small = "10M"
  case medium = "50M"
  /// SmolLM2-135M's.
  case smolLM2 = "135M"
  /// Qwen2.5-0.5B's sizes.
  case half = "500M"
  /// Qwen2.5-1.5B's sizes.
  case large = "1.5B"

  /// Its configuration, with as many layers as it has or as are asked for.
  public func configuration(layers: Int? = nil) -> ModelConfiguration {
    var configuration =
      switch self {
      case .tiny: make(vocabulary: 256, width: 64, feedForward: 128, layers: 2, heads: 4, sharing: 2)
      case .small: make(vocabulary: 16_384, width: 256, feedForward: 768, layers: 8, heads: 4, sharing: 2)
      case .medium: make(vocabulary: 32_000, width: 512, feedForward: 1408, layers: 12, heads: 8, sharing: 2)
      case .smolLM2: make(vocabulary: 49_152, width: 576, feedForward: 1536, layers: 30, heads: 9, sharing: 3)
      case .half: make(vocabulary: 151_936, width: 896, feedForward: 4864, layers: 24, heads: 14, sharing: 7)
      case .large:
        make(vocabulary: 151_936, width: 1536, feedForward: 8960, layers: 28, heads: 12, sharing: 6)
      }
    if let layers { configuration.layers = layers }
    return configuration
  }

  private func make(
    vocabulary: Int, width: Int, feedForward: Int, layers: Int, heads: Int, sharing: Int
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      family: "llama", vocabularySize: vocabulary, hiddenSize: width, intermediateSize: feedForward,
      layers: layers, heads: heads, keyValueHeads: heads / sharing, contextLength: 8192)
    configuration.position = .rotary(.init(base: 100_000))
    configuration.tiedHead = true
    return configuration
  }
}
