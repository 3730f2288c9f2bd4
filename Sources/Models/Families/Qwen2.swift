import Formats

extension Family {
  /// Qwen2 and 2.5: Llama with biases on query, key and value.
  static let qwen2 = Family(
    name: "qwen2", architecture: "Qwen2ForCausalLM", ggufArchitecture: "qwen2",
    configuration: { reader in
      var configuration = try reader.llamaLike(family: "qwen2", defaultBase: 10_000)
      configuration.attentionInputBias = true
      try reader.require("use_sliding_window", false)
      return configuration
    },
    configurationJSON: { configuration in
      var json = configuration.llamaLikeJSON
      json["use_sliding_window"] = .bool(false)
      return json
    },
    metadataConfiguration: { reader in
      var configuration = try reader.rotaryConfiguration(family: "qwen2")
      configuration.attentionInputBias = true
      return configuration
    },
    tensorRules: TensorRule.huggingFaceLlama,
    ggufTensorRules: TensorRule.gguf(heads: .asIs))
}
