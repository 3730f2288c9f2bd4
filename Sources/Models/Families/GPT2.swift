import Formats

extension Family {
  /// GPT-2: layer norm, learnt positions, GELU, biases everywhere, matrices stored [in, out], q, k and v fused.
  static let gpt2 = Family(
    name: "gpt2", architecture: "GPT2LMHeadModel", ggufArchitecture: "gpt2",
    configuration: { reader in
      let hidden = try reader.integer("n_embd")
      _ = try reader.choice(
        "activation_function", among: ["gelu_new", "gelu_pytorch_tanh"], default: "gelu_new")
      // The decoder scales scores by the head dimension, in all layers alike.
      try reader.require("scale_attn_weights", true)
      try reader.require("scale_attn_by_inverse_layer_idx", false)
      return gpt2Configuration(
        vocabulary: try reader.integer("vocab_size"), hidden: hidden,
        intermediate: try reader.integer("n_inner", default: 4 * hidden),
        layers: try reader.integer("n_layer"), heads: try reader.integer("n_head"),
        context: try reader.integer("n_positions"),
        epsilon: try reader.number("layer_norm_epsilon", default: 1e-5),
        tied: try reader.boolean("tie_word_embeddings", default: true))
    },
    configurationJSON: { configuration in
      [
        "vocab_size": .integer(configuration.vocabularySize),
        "n_embd": .integer(configuration.hiddenSize),
        "n_inner": .integer(configuration.intermediateSize),
        "n_layer": .integer(configuration.layers),
        "n_head": .integer(configuration.heads),
        "n_positions": .integer(configuration.contextLength),
        "activation_function": .string("gelu_new"),
        "layer_norm_epsilon": .number(
          Double("\(configuration.normEpsilon)") ?? Double(configuration.normEpsilon)),
        "tie_word_embeddings": .bool(configuration.tiedHead),
      ]
    },
    metadataConfiguration: { reader in
      gpt2Configuration(
        vocabulary: try reader.integer(
          "vocab_size", default: reader.shape(ofTensor: "token_embd.weight")?.first),
        hidden: try reader.integer("embedding_length"),
        intermediate: try reader.integer("feed_forward_length"),
        layers: try reader.integer("block_count"), heads: try reader.integer("attention.head_count"),
        context: try reader.integer("context_length"),
        epsilon: try reader.number("attention.layer_norm_epsilon"),
        tied: reader.shape(ofTensor: "output.weight") == nil)
    },
    tensorRules: [
      TensorRule(parameter: ParameterNames.embedding, stored: "transformer.wte.weight"),
      TensorRule(parameter: ParameterNames.positionEmbedding, stored: "transformer.wpe.weight"),
      TensorRule(parameter: ParameterNames.finalNorm + ".weight", stored: "transformer.ln_f.weight"),
      TensorRule(parameter: ParameterNames.finalNorm + ".bias", stored: "transformer.ln_f.bias"),
      TensorRule(parameter: ParameterNames.head, stored: "lm_head.weight"),
    ]
      + layerRules([
        (.inputNorm, "transformer.h.{n}.ln_1", .asIs),
        (.query, "transformer.h.{n}.attn.c_attn", .fusedTransposed(part: 0)),
        (.key, "transformer.h.{n}.attn.c_attn", .fusedTransposed(part: 1)),
        (.value, "transformer.h.{n}.attn.c_attn", .fusedTransposed(part: 2)),
        (.attentionOutput, "transformer.h.{n}.attn.c_proj", .transposed),
        (.feedForwardNorm, "transformer.h.{n}.ln_2", .asIs),
        (.up, "transformer.h.{n}.mlp.c_fc", .transposed),
        (.down, "transformer.h.{n}.mlp.c_proj", .transposed),
      ]),
    ggufTensorRules: [
      TensorRule(parameter: ParameterNames.embedding, stored: "token_embd.weight"),
      TensorRule(parameter: ParameterNames.positionEmbedding, stored: "position_embd.weight"),
      TensorRule(parameter: ParameterNames.finalNorm + ".weight", stored: "output_norm.weight"),
      TensorRule(parameter: ParameterNames.finalNorm + ".bias", stored: "output_norm.bias"),
      TensorRule(parameter: ParameterNames.head, stored: "output.weight"),
    ]
      + layerRules([
        (.inputNorm, "blk.{n}.attn_norm", .asIs),
        (.query, "blk.{n}.attn_qkv", .fused(part: 0)),
        (.key, "blk.{n}.attn_qkv", .fused(part: 1)),
        (.value, "blk.{n}.attn_qkv", .fused(part: 2)),
        (.attentionOutput, "blk.{n}.attn_output", .asIs),
        (.feedForwardNorm, "blk.{n}.ffn_norm", .asIs),
        (.up, "blk.{n}.ffn_up", .asIs),
        (.down, "blk.{n}.ffn_down", .asIs),
      ]))

  private static func gpt2Configuration(
    vocabulary: Int, hidden: Int, intermediate: Int, layers: Int, heads: Int, context: Int,
    epsilon: Double, tied: Bool
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      family: "gpt2", vocabularySize: vocabulary, hiddenSize: hidden, intermediateSize: intermediate,
      layers: layers, heads: heads, contextLength: context)
    configuration.normalization = .layer
    configuration.normEpsilon = Float(epsilon)
    configuration.feedForward = .geluTanh
    configuration.position = .learned
    configuration.attentionInputBias = true
    configuration.attentionOutputBias = true
    configuration.feedForwardBias = true
    configuration.tiedHead = tied
    return configuration
  }
}
