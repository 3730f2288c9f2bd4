/// What sets one decoder-only transformer apart from another: its sizes and the choices its family makes.
///
/// One decoder reads this; a family only fills it in (rule 1).
public struct ModelConfiguration: Sendable, Hashable {
  /// How activations are brought to one scale.
  public enum Normalization: Sendable, Hashable { case rootMeanSquare, layer }
  /// The feed-forward block's shape and nonlinearity.
  public enum FeedForward: Sendable, Hashable {
    /// `down(silu(gate x) ⊙ up x)`
    case swiGLU
    /// `down(gelu(up x))`, with the tanh approximation
    case geluTanh
  }
  /// How a token's place in its sequence is told.
  public enum Position: Sendable, Hashable {
    case rotary(Rotary)
    /// A learnt vector a position, added to the embedding.
    case learned
  }
  /// Rotary embedding: angles position · base^(−2i/d), slowed by `scaling`.
  public struct Rotary: Sendable, Hashable {
    public var base: Double
    public var scaling: Scaling

    public init(base: Double, scaling: Scaling = .none) {
      self.base = base
      self.scaling = scaling
    }

    /// How the angles are stretched for contexts longer than the model was first trained on.
    public enum Scaling: Sendable, Hashable {
      case none
      case linear(factor: Double)
      case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, originalContext: Int)
    }
  }

  /// The family's name, as `model_type` has it.
  public var family: String
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layers: Int
  public var heads: Int
  public var keyValueHeads: Int
  public var headDimension: Int
  public var contextLength: Int
  public var normalization: Normalization = .rootMeanSquare
  public var normEpsilon: Float = 1e-5
  public var feedForward: FeedForward = .swiGLU
  public var position: Position = .rotary(Rotary(base: 10_000))
  /// Biases on query, key and value.
  public var attentionInputBias = false
  /// A bias on the attention's output.
  public var attentionOutputBias = false
  public var feedForwardBias = false
  /// Whether the head is the embedding table.
  public var tiedHead = false
  /// The deviation of an untrained model's weights.
  public var initializerRange: Float = 0.02
  /// How many keys back a query sees; nil for all.
  public var slidingWindow: Int?

  public init(
    family: String, vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layers: Int, heads: Int,
    keyValueHeads: Int? = nil, headDimension: Int? = nil, contextLength: Int
  ) {
    self.family = family
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.headDimension = headDimension ?? hiddenSize / max(heads, 1)
    self.contextLength = contextLength
  }

  /// The width of all query heads together.
  public var queryWidth: Int { heads * headDimension }
  /// The width of all key (or value) heads together.
  public var keyValueWidth: Int { keyValueHeads * headDimension }
}
