import Tensors

/// The names of a decoder's parameters: Hugging Face's for the Llama family, whatever the family.
///
/// Loading translates a checkpoint's names into these, saving translates back.
public enum ParameterNames {
  public static let embedding = "model.embed_tokens.weight"
  public static let positionEmbedding = "model.embed_positions.weight"
  public static let finalNorm = "model.norm"
  public static let head = "lm_head.weight"

  /// A module of a layer: `model.layers.3.self_attn.q_proj`.
  public static func module(_ layer: Int, _ module: LayerModule) -> String {
    "model.layers.\(layer).\(module.rawValue)"
  }
}

/// The modules of one layer.
public enum LayerModule: String, Sendable, Hashable, CaseIterable {
  case inputNorm = "input_layernorm"
  case query = "self_attn.q_proj"
  case key = "self_attn.k_proj"
  case value = "self_attn.v_proj"
  case attentionOutput = "self_attn.o_proj"
  case feedForwardNorm = "post_attention_layernorm"
  case gate = "mlp.gate_proj"
  case up = "mlp.up_proj"
  case down = "mlp.down_proj"

  /// The last part of the name, by which recipes and adapters speak of it: `q_proj`.
  public var shortName: String { String(rawValue.split(separator: ".").last ?? "") }
  /// Whether it is a matrix that LoRA can adapt.
  public var isLinear: Bool { self != .inputNorm && self != .feedForwardNorm }
}

/// A parameter that a configuration calls for.
public struct ParameterSlot: Sendable, Hashable {
  public let name: String
  public let shape: Shape
  /// Whether it is a matrix (embedding, linear) rather than a gain or a bias.
  public var isMatrix: Bool { shape.rank == 2 }
}

extension ModelConfiguration {
  /// The modules that this model's layers have, linear ones with their shape [out, in].
  public func shape(of module: LayerModule) -> Shape? {
    switch module {
    case .inputNorm, .feedForwardNorm: [hiddenSize]
    case .query: [queryWidth, hiddenSize]
    case .key, .value: [keyValueWidth, hiddenSize]
    case .attentionOutput: [hiddenSize, queryWidth]
    case .gate: feedForward == .swiGLU ? [intermediateSize, hiddenSize] : nil
    case .up: [intermediateSize, hiddenSize]
    case .down: [hiddenSize, intermediateSize]
    }
  }

  /// Whether a module has a bias.
  public func hasBias(_ module: LayerModule) -> Bool {
    switch module {
    case .inputNorm, .feedForwardNorm: normalization == .layer
    case .query, .key, .value: attentionInputBias
    case .attentionOutput: attentionOutputBias
    case .gate, .up, .down: feedForwardBias
    }
  }

  /// Every parameter that the decoder needs, in the order of a forward pass.
  public var parameterSlots: [ParameterSlot] {
    var slots = [ParameterSlot(name: ParameterNames.embedding, shape: [vocabularySize, hiddenSize])]
    if case .learned = position {
      slots.append(
        ParameterSlot(name: ParameterNames.positionEmbedding, shape: [contextLength, hiddenSize]))
    }
    for layer in 0..<layers {
      for module in LayerModule.allCases {
        guard let shape = shape(of: module) else { continue }
        let name = ParameterNames.module(layer, module)
        slots.append(ParameterSlot(name: name + ".weight", shape: shape))
        if hasBias(module) { slots.append(ParameterSlot(name: name + ".bias", shape: [shape[0]])) }
      }
    }
    slots.append(ParameterSlot(name: ParameterNames.finalNorm + ".weight", shape: [hiddenSize]))
    if normalization == .layer {
      slots.append(ParameterSlot(name: ParameterNames.finalNorm + ".bias", shape: [hiddenSize]))
    }
    if !tiedHead {
      slots.append(ParameterSlot(name: ParameterNames.head, shape: [vocabularySize, hiddenSize]))
    }
    return slots
  }

  /// How many numbers the model holds.
  public var parameterCount: Int { parameterSlots.reduce(0) { $0 + $1.shape.count } }
}
