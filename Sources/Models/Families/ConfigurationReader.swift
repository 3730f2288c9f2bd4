import Formats

/// Reads typed values out of a config.json, naming the file and the key when one is missing or wrong.
struct ConfigurationReader {
  let json: JSON
  let path: String

  func integer(_ key: String, default fallback: Int? = nil) throws -> Int {
    guard let value = present(key) else {
      guard let fallback else { throw ModelError.missingKey(key, path: path) }
      return fallback
    }
    guard let integer = value.intValue, integer > 0, integer < 1 << 31 else {
      throw ModelError.wrongValue(key, found: value.text(), expected: "a positive whole number", path: path)
    }
    return integer
  }

  func number(_ key: String, default fallback: Double? = nil) throws -> Double {
    guard let value = present(key) else {
      guard let fallback else { throw ModelError.missingKey(key, path: path) }
      return fallback
    }
    guard let number = value.doubleValue else {
      throw ModelError.wrongValue(key, found: value.text(), expected: "a number", path: path)
    }
    return number
  }

  func boolean(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = present(key) else { return fallback }
    guard let boolean = value.boolValue else {
      throw ModelError.wrongValue(key, found: value.text(), expected: "true or false", path: path)
    }
    return boolean
  }

  /// Refuses a switch that is set otherwise than the decoder has it.
  func require(_ key: String, _ expected: Bool) throws {
    guard try boolean(key, default: expected) != expected else { return }
    throw ModelError.wrongValue(key, found: "\(!expected)", expected: "\(expected)", path: path)
  }

  /// The string under a key, which must be one of those that the decoder knows.
  func choice(_ key: String, among known: [String], default fallback: String) throws -> String {
    guard let value = present(key) else { return fallback }
    guard let text = value.stringValue, known.contains(text) else {
      throw ModelError.wrongValue(
        key, found: value.text(), expected: known.joined(separator: " or "), path: path)
    }
    return text
  }

  /// Rotary settings as Llama and its relatives write them (before and after transformers 5).
  func rotary(defaultBase: Double) throws -> ModelConfiguration.Rotary {
    let parameters = present("rope_parameters") ?? present("rope_scaling")
    let nested = ConfigurationReader(json: parameters ?? .object(JSONObject()), path: path)
    let base = try nested.number("rope_theta", default: try number("rope_theta", default: defaultBase))
    let kind = (nested.present("rope_type") ?? nested.present("type"))?.stringValue ?? "default"
    switch kind {
    case "default": return .init(base: base)
    case "linear": return .init(base: base, scaling: .linear(factor: try nested.number("factor")))
    case "llama3":
      return .init(
        base: base,
        scaling: .llama3(
          factor: try nested.number("factor"), lowFrequency: try nested.number("low_freq_factor"),
          highFrequency: try nested.number("high_freq_factor"),
          originalContext: try nested.integer("original_max_position_embeddings")))
    default:
      throw ModelError.wrongValue(
        "rope_scaling", found: kind, expected: "default, linear or llama3", path: path)
    }
  }

  private func present(_ key: String) -> JSON? {
    guard let value = json[key], value != .null else { return nil }
    return value
  }
}

/// Reads typed values out of a GGUF's metadata under the architecture's prefix.
struct MetadataReader {
  let file: GGUFFile
  let architecture: String

  func integer(_ key: String, default fallback: Int? = nil) throws -> Int {
    let key = "\(architecture).\(key)"
    guard let value = file.metadata[key] else {
      guard let fallback else { throw ModelError.missingKey(key, path: file.path) }
      return fallback
    }
    guard let integer = value.intValue, integer > 0, integer < 1 << 31 else {
      throw ModelError.wrongValue(
        key, found: "\(value)", expected: "a positive whole number", path: file.path)
    }
    return integer
  }

  func number(_ key: String, default fallback: Double? = nil) throws -> Double {
    let key = "\(architecture).\(key)"
    guard let value = file.metadata[key] else {
      guard let fallback else { throw ModelError.missingKey(key, path: file.path) }
      return fallback
    }
    guard let number = value.doubleValue else {
      throw ModelError.wrongValue(key, found: "\(value)", expected: "a number", path: file.path)
    }
    return number
  }

  func string(_ key: String) -> String? { file.metadata["\(architecture).\(key)"]?.stringValue }

  /// The shape of a stored tensor, where the metadata leaves a size out.
  func shape(ofTensor name: String) -> [Int]? { file.tensors[name]?.shape }

  /// The sizes and rotary settings that all rotary families write alike.
  func rotaryConfiguration(family: String) throws -> ModelConfiguration {
    // Mixtures of experts go by the names of the families that they come from.
    if let experts = file.metadata["\(architecture).expert_count"]?.intValue, experts > 0 {
      throw ModelError.wrongValue(
        "\(architecture).expert_count", found: "\(experts)", expected: "a model without experts",
        path: file.path)
    }
    let heads = try integer("attention.head_count")
    let hidden = try integer("embedding_length")
    let vocabulary = shape(ofTensor: "token_embd.weight")?.first
    var configuration = ModelConfiguration(
      family: family, vocabularySize: try integer("vocab_size", default: vocabulary),
      hiddenSize: hidden, intermediateSize: try integer("feed_forward_length"),
      layers: try integer("block_count"), heads: heads,
      keyValueHeads: try integer("attention.head_count_kv", default: heads),
      headDimension: try integer("attention.key_length", default: hidden / heads),
      contextLength: try integer("context_length"))
    configuration.vocabularySize = vocabulary ?? configuration.vocabularySize
    configuration.normEpsilon = Float(try number("attention.layer_norm_rms_epsilon"))
    configuration.tiedHead = file.tensors["output.weight"] == nil
    // Only the tensors themselves tell whether there are biases.
    configuration.attentionInputBias = shape(ofTensor: "blk.0.attn_q.bias") != nil
    configuration.attentionOutputBias = shape(ofTensor: "blk.0.attn_output.bias") != nil
    configuration.feedForwardBias = shape(ofTensor: "blk.0.ffn_down.bias") != nil
    let rotated = try integer("rope.dimension_count", default: configuration.headDimension)
    guard rotated == configuration.headDimension else {
      throw ModelError.wrongValue(
        "\(architecture).rope.dimension_count", found: "\(rotated)",
        expected: "the head dimension \(configuration.headDimension)", path: file.path)
    }
    var rotary = ModelConfiguration.Rotary(base: try number("rope.freq_base", default: 10_000))
    // A factor alone means linear scaling, and older files have it under another key; 0 stands for none.
    let factor = try number("rope.scaling.factor", default: try number("rope.scale_linear", default: 0))
    switch string("rope.scaling.type") ?? "linear" {
    case "none": break
    case "linear": if factor != 0, factor != 1 { rotary.scaling = .linear(factor: factor) }
    case let kind:
      throw ModelError.wrongValue(
        "\(architecture).rope.scaling.type", found: kind, expected: "none or linear", path: file.path)
    }
    // Llama 3.1 and later keep their stretched frequencies as a tensor; without them every position would be off.
    guard file.tensors["rope_freqs.weight"] == nil else {
      throw ModelError.wrongValue(
        "rope_freqs.weight", found: "present",
        expected: "plain rotary frequencies; use the safetensors folder",
        path: file.path)
    }
    configuration.position = .rotary(rotary)
    return configuration
  }
}
