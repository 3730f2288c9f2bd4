import Formats

extension Family {
  /// Llama 1 to 3 and everything that writes `model_type: llama` (SmolLM2, TinyLlama …).
  static let llama = Family(
    name: "llama", architecture: "LlamaForCausalLM", ggufArchitecture: "llama",
    configuration: { reader in
      var configuration = try reader.llamaLike(family: "llama", defaultBase: 10_000)
      let bias = try reader.boolean("attention_bias", default: false)
      configuration.attentionInputBias = bias
      configuration.attentionOutputBias = bias
      configuration.feedForwardBias = try reader.boolean("mlp_bias", default: false)
      return configuration
    },
    configurationJSON: { configuration in
      var json = configuration.llamaLikeJSON
      json["attention_bias"] = .bool(configuration.attentionInputBias)
      json["mlp_bias"] = .bool(configuration.feedForwardBias)
      return json
    },
    metadataConfiguration: { try $0.rotaryConfiguration(family: "llama") },
    tensorRules: TensorRule.huggingFaceLlama,
    ggufTensorRules: TensorRule.gguf(heads: .interleavedHeads))

  /// Mistral: Llama with a sliding window.
  ///
  /// Most of its GGUFs call themselves llama.
  static let mistral = Family(
    name: "mistral", architecture: "MistralForCausalLM", ggufArchitecture: "mistral",
    configuration: { reader in
      var configuration = try reader.llamaLike(family: "mistral", defaultBase: 10_000)
      // transformers takes 4096 where the key is missing, and no window where it is null.
      let isSilent = reader.json["sliding_window"] == nil
      let window = try reader.integer(
        "sliding_window", default: isSilent ? 4096 : configuration.contextLength)
      configuration.slidingWindow = window < configuration.contextLength ? window : nil
      return configuration
    },
    configurationJSON: { configuration in
      var json = configuration.llamaLikeJSON
      json["sliding_window"] = configuration.slidingWindow.map { .integer($0) } ?? .null
      return json
    },
    metadataConfiguration: { try $0.rotaryConfiguration(family: "mistral") },
    tensorRules: TensorRule.huggingFaceLlama,
    ggufTensorRules: TensorRule.gguf(heads: .interleavedHeads))
}

extension ConfigurationReader {
  /// What Llama, Mistral and Qwen2 write alike.
  func llamaLike(family: String, defaultBase: Double) throws -> ModelConfiguration {
    let heads = try integer("num_attention_heads")
    let hidden = try integer("hidden_size")
    var configuration = ModelConfiguration(
      family: family, vocabularySize: try integer("vocab_size"), hiddenSize: hidden,
      intermediateSize: try integer("intermediate_size"), layers: try integer("num_hidden_layers"),
      heads: heads, keyValueHeads: try integer("num_key_value_heads", default: heads),
      headDimension: try integer("head_dim", default: hidden / heads),
      contextLength: try integer("max_position_embeddings", default: 2048))
    _ = try choice("hidden_act", among: ["silu"], default: "silu")
    configuration.normEpsilon = Float(try number("rms_norm_eps", default: 1e-6))
    configuration.initializerRange = Float(try number("initializer_range", default: 0.02))
    configuration.tiedHead = try boolean("tie_word_embeddings", default: false)
    configuration.position = .rotary(try rotary(defaultBase: defaultBase))
    return configuration
  }
}

extension ModelConfiguration {
  /// What Llama, Mistral and Qwen2 write alike, in the keys that transformers has read since its fourth version.
  var llamaLikeJSON: JSONObject {
    var json = JSONObject()
    json["vocab_size"] = .integer(vocabularySize)
    json["hidden_size"] = .integer(hiddenSize)
    json["intermediate_size"] = .integer(intermediateSize)
    json["num_hidden_layers"] = .integer(layers)
    json["num_attention_heads"] = .integer(heads)
    json["num_key_value_heads"] = .integer(keyValueHeads)
    json["head_dim"] = .integer(headDimension)
    json["max_position_embeddings"] = .integer(contextLength)
    json["hidden_act"] = .string("silu")
    json["rms_norm_eps"] = .number(Double("\(normEpsilon)") ?? Double(normEpsilon))
    json["initializer_range"] = .number(Double("\(initializerRange)") ?? Double(initializerRange))
    json["tie_word_embeddings"] = .bool(tiedHead)
    guard case .rotary(let rotary) = position else { return json }
    json["rope_theta"] = .number(rotary.base)
    switch rotary.scaling {
    case .none: break
    case .linear(let factor):
      json["rope_scaling"] = .object(["rope_type": .string("linear"), "factor": .number(factor)])
    case .llama3(let factor, let lowFrequency, let highFrequency, let originalContext):
      json["rope_scaling"] = .object([
        "rope_type": .string("llama3"), "factor": .number(factor),
        "low_freq_factor": .number(lowFrequency), "high_freq_factor": .number(highFrequency),
        "original_max_position_embeddings": .integer(originalContext),
      ])
    }
    return json
  }
}
