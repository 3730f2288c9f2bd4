import Models
import Tensors

/// How much arithmetic and how much reading a model's work takes, by formula.
///
/// Counted are matrix products alone, a multiplication and an addition as two operations. P is the number of weights
/// in the layers' matrices, H that in the head, L the layers, d the width of all query heads together, T the tokens
/// of a sequence; attention is causal, so a query meets T / 2 keys on average.
///
/// | a token's | operations |
/// |---|---|
/// | forward pass | 2 P + 4 L d T / 2, and 2 H where its logits are wanted |
/// | full training | 3 × (2 P + 2 H + 4 L d T / 2) |
/// | LoRA training | 2 × (2 P + 2 H) + 3 × (4 L d T / 2), and 6 for each weight of the adapter |
public struct ModelWork: Sendable, Hashable {
  private let layerWeights: Double
  private let headWeights: Double
  /// 4 L d: operations for each query and key that meet.
  private let attention: Double
  private let cacheBytesPerToken: Double

  /// The work of a model of this shape.
  public init(_ configuration: ModelConfiguration) {
    let linear = LayerModule.allCases.filter(\.isLinear).compactMap { configuration.shape(of: $0)?.count }
    layerWeights = Double(configuration.layers * linear.reduce(0, +))
    headWeights = Double(configuration.vocabularySize * configuration.hiddenSize)
    attention = Double(4 * configuration.layers * configuration.queryWidth)
    cacheBytesPerToken = Double(
      2 * configuration.layers * configuration.keyValueWidth * MemoryLayout<Float>.size)
  }

  /// Operations for each token of full fine-tuning on sequences of `length`.
  public func training(length: Int) -> Double {
    3 * (2 * layerWeights + 2 * headWeights + attention * Double(length) / 2)
  }

  /// Operations for each token of training an adapter of `adapterWeights` weights.
  public func adapterTraining(length: Int, adapterWeights: Int) -> Double {
    2 * (2 * layerWeights + 2 * headWeights) + 3 * attention * Double(length) / 2 + 6 * Double(adapterWeights)
  }

  /// Operations for each token of a prompt of `length`, whose last logits alone are wanted.
  public func prefill(length: Int) -> Double {
    2 * layerWeights + attention * Double(length) / 2 + 2 * headWeights / Double(length)
  }

  /// Bytes read for each token decoded after `context` others: every weight but the table of embeddings (which is
  /// read a row at a time, unless it is the head too), and the cache.
  public func decoding(weights: [String: Tensor], tiedHead: Bool, context: Int) -> Double {
    let read = weights.reduce(0) { sum, weight in
      weight.key == ParameterNames.embedding && !tiedHead ? sum : sum + weight.value.byteCount
    }
    return Double(read) + cacheBytesPerToken * Double(context)
  }
}
