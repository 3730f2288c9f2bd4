import Autodiff
import Tensors

/// How a forward pass is run.
public struct ForwardOptions: Sendable {
  /// Keep only each layer's input and compute the rest again in the backward pass.
  public var activationCheckpointing = false
  /// What dropout draws from; nil leaves nothing out.
  public var dropout: DropoutKey?
  /// The rows that the adapter applies to, nil for all; the others see the bare weights (inference only).
  public var adaptedRows: Range<Int>?

  public init(
    activationCheckpointing: Bool = false, dropout: DropoutKey? = nil, adaptedRows: Range<Int>? = nil
  ) {
    self.activationCheckpointing = activationCheckpointing
    self.dropout = dropout
    self.adaptedRows = adaptedRows
  }
}

/// Where dropout's random numbers come from, so that a step's are the same however often it is computed.
public struct DropoutKey: Sendable, Hashable {
  public var seed: UInt64
  public var step: Int

  public init(seed: UInt64, step: Int) {
    self.seed = seed
    self.step = step
  }
}

/// The one decoder-only transformer: every family, in training and in inference.
///
/// On a recording tape it trains; on another, with caches, it infers (rule 1).
public final class Decoder {
  public let configuration: ModelConfiguration
  /// The matrix from hidden states to logits, [vocabulary, hidden].
  public let head: Variable
  private let embedding: Variable
  private let positionEmbedding: Variable?
  private let layers: [DecoderLayer]
  private let finalNorm: Normalization

  /// Assembles a decoder from its parameters by name, all of which must be there.
  public init(
    _ configuration: ModelConfiguration, parameters: [String: Variable], adapter: LowRankAdapter? = nil
  ) {
    func parameter(_ name: String) -> Variable {
      guard let variable = parameters[name] else { preconditionFailure("no parameter \(name)") }
      return variable
    }
    self.configuration = configuration
    embedding = parameter(ParameterNames.embedding)
    head = configuration.tiedHead ? embedding : parameter(ParameterNames.head)
    positionEmbedding =
      configuration.position == .learned ? parameter(ParameterNames.positionEmbedding) : nil
    finalNorm = Normalization(ParameterNames.finalNorm, configuration, parameters)
    let rotary = configuration.rotaryTable
    layers = (0..<configuration.layers).map {
      DecoderLayer(index: $0, configuration, parameters: parameters, adapter: adapter, rotary: rotary)
    }
  }

  /// Hidden states after the final norm, [rows, hidden], of all tokens of the batch.
  ///
  /// With caches (one a segment, inference only) each segment continues what its cache holds, which grows by it. With
  /// `rows`, only of those rows.
  public func hidden(
    _ batch: RaggedBatch, on tape: Tape, caches: [KeyValueCache] = [],
    options: ForwardOptions = ForwardOptions(), rows: [Int]? = nil
  ) -> Variable {
    precondition(caches.isEmpty || (caches.count == batch.segments.count && !tape.isRecording))
    precondition(options.adaptedRows == nil || !tape.isRecording)
    for (cache, rows) in zip(caches, batch.segments) { cache.reserve(rows.count) }
    var x = tape.embedding(embedding, ids: batch.ids)
    if let positionEmbedding {
      x = tape.add(x, tape.embedding(positionEmbedding, ids: batch.positions.map(UInt32.init)))
    }
    for layer in layers {
      if options.activationCheckpointing {
        x = tape.checkpoint(x) { tape, x in
          layer.forward(x, batch, on: tape, caches: [], options: options)
        }
      } else {
        x = layer.forward(x, batch, on: tape, caches: caches, options: options)
      }
    }
    for (cache, rows) in zip(caches, batch.segments) { cache.advance(by: rows.count) }
    if let rows { x = tape.embedding(x, ids: rows.map(UInt32.init)) }
    return finalNorm.forward(x, on: tape)
  }

  /// Logits [rows, vocabulary] of hidden states.
  public func logits(_ hidden: Variable, on tape: Tape) -> Variable {
    tape.linear(hidden, head, as: .float32)
  }
}

/// A norm with its parameters: `x / rms(x) ⊙ gain`, or LayerNorm.
struct Normalization {
  private let gain: Variable
  private let bias: Variable?
  private let kind: ModelConfiguration.Normalization
  private let epsilon: Float

  init(_ name: String, _ configuration: ModelConfiguration, _ parameters: [String: Variable]) {
    guard let gain = parameters[name + ".weight"] else { preconditionFailure("no parameter \(name).weight") }
    self.gain = gain
    bias = parameters[name + ".bias"]
    kind = configuration.normalization
    epsilon = configuration.normEpsilon
  }

  func forward(_ x: Variable, on tape: Tape) -> Variable {
    switch kind {
    case .rootMeanSquare: tape.rmsNorm(x, gain: gain, epsilon: epsilon)
    case .layer: tape.layerNorm(x, gain: gain, bias: bias, epsilon: epsilon)
    }
  }
}
