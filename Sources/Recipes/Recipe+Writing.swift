import Foundation

extension Recipe {
  /// The resolved recipe as YAML, every default written out; reads back as the same recipe.
  public var yaml: String {
    var writer = RecipeWriter()
    writer.field("kind", kind.rawValue)
    writer.field("seed", "\(seed)")
    writer.field("threads", threads.map { "\($0)" })
    writer.field("precision", precision.rawValue)
    writer.text("output", output)
    writer.field("weights", weights.rawValue)
    writer.section("model") { write(model, to: &$0) }
    writer.section("adapter") { Self.write(adapter, to: &$0) }
    writer.section("objective") { objective.write(to: &$0) }
    writer.section("data") { write(data, to: &$0) }
    writer.section("training") { Self.write(training, to: &$0) }
    return writer.lines.joined(separator: "\n") + "\n"
  }

  static func write(_ adapter: Adapter?, to writer: inout RecipeWriter) {
    writer.field("kind", adapter == nil ? "none" : "lora")
    guard let adapter else { return }
    writer.field("rank", "\(adapter.rank)")
    writer.field("alpha", adapter.alpha.recipeText)
    writer.field("dropout", adapter.dropout.recipeText)
    writer.list("targets", adapter.targets)
  }

  private func write(_ model: Model, to writer: inout RecipeWriter) {
    switch model {
    case .path(let path): writer.text("path", path)
    case .reduced(let reduction, let path):
      writer.text("path", path)
      writer.section("reduce") { writer in
        writer.field("layers", reduction.layers.map { "\($0)" })
        writer.field("hidden_size", reduction.hiddenSize.map { "\($0)" })
        writer.field("intermediate_size", reduction.intermediateSize.map { "\($0)" })
        writer.field("kv_heads", reduction.keyValueHeads.map { "\($0)" })
      }
    case .shape(let shape, let tokenizer):
      writer.text("tokenizer", tokenizer)
      writer.section("shape") { writer in
        writer.text("family", shape.family)
        writer.field("layers", "\(shape.layers)")
        writer.field("hidden_size", "\(shape.hiddenSize)")
        writer.field("intermediate_size", "\(shape.intermediateSize)")
        writer.field("heads", "\(shape.heads)")
        writer.field("kv_heads", "\(shape.keyValueHeads)")
        writer.field("context", "\(shape.context)")
        writer.field("tied_head", "\(shape.tiedHead)")
        writer.field("rope_theta", shape.rotaryBase.recipeText)
        writer.field("norm_epsilon", shape.normEpsilon.recipeText)
        writer.field("initializer_range", shape.initializerRange.recipeText)
      }
    }
  }

  private func write(_ data: Data, to writer: inout RecipeWriter) {
    if data.sources.count == 1, let source = data.sources.first, source.weight == 1 {
      writer.text("path", source.path)
      writer.text("split", source.split)
    } else {
      writer.items("sources", data.sources) { writer, source in
        writer.text("path", source.path)
        writer.text("split", source.split)
        writer.field("weight", source.weight.recipeText)
      }
    }
    if let validation = data.validation {
      writer.text("validation_path", validation.path)
      writer.text("validation_split", validation.split)
    }
    if let template = data.template { writer.text("template", template) }
    writer.field("max_length", "\(data.maximumLength)")
    writer.field("packing", "\(data.packing)")
    writer.field("train_on", data.trainOn.rawValue)
  }

  static func write(_ training: Training, to writer: inout RecipeWriter) {
    switch training.length {
    case .epochs(let epochs): writer.field("epochs", epochs.recipeText)
    case .steps(let steps): writer.field("steps", "\(steps)")
    }
    writer.field("batch_tokens", "\(training.batchTokens)")
    writer.field("accumulation", "\(training.accumulation)")
    writer.field("learning_rate", training.learningRate.recipeText)
    writer.field("schedule", training.schedule.rawValue)
    switch training.warmup {
    case .ratio(let ratio): writer.field("warmup_ratio", ratio.recipeText)
    case .steps(let steps): writer.field("warmup_steps", "\(steps)")
    }
    writer.field("minimum_ratio", training.minimumRatio.recipeText)
    writer.field("decay_ratio", training.decayRatio.recipeText)
    writer.field("beta1", training.beta1.recipeText)
    writer.field("beta2", training.beta2.recipeText)
    writer.field("epsilon", training.epsilon.recipeText)
    writer.field("weight_decay", training.weightDecay.recipeText)
    writer.field("clip_norm", training.clipNorm?.recipeText)
    writer.field("outlier_limit", training.outlierLimit?.recipeText)
    writer.field("activation_checkpointing", "\(training.activationCheckpointing)")
    writer.field("validate_every", training.validateEvery.map { "\($0)" })
    writer.field("save_every", training.saveEvery.map { "\($0)" })
    writer.field("keep_last", "\(training.keepLast)")
    writer.field("keep_best", "\(training.keepBest)")
    writer.field("early_stop_patience", training.earlyStopPatience.map { "\($0)" })
  }
}

/// Writes the little YAML that a recipe needs.
struct RecipeWriter {
  private(set) var lines: [String] = []
  private var indentation = ""

  /// A number, a word or null.
  mutating func field(_ key: String, _ value: String?) {
    lines.append("\(indentation)\(key): \(value ?? "null")")
  }

  /// Text, in quotes so that nothing in it is read as anything else.
  mutating func text(_ key: String, _ value: String) { field(key, RecipeWriter.quoted(value)) }

  mutating func list(_ key: String, _ values: [String]) {
    field(key, "[\(values.map(RecipeWriter.quoted).joined(separator: ", "))]")
  }

  mutating func section(_ key: String, _ body: (inout RecipeWriter) -> Void) {
    lines.append("\(indentation)\(key):")
    indentation += "  "
    body(&self)
    indentation.removeLast(2)
  }

  mutating func items<Item>(_ key: String, _ items: [Item], _ body: (inout RecipeWriter, Item) -> Void) {
    lines.append("\(indentation)\(key):\(items.isEmpty ? " []" : "")")
    for item in items {
      let first = lines.count
      indentation += "    "
      body(&self, item)
      indentation.removeLast(4)
      lines[first] = "\(indentation)  - " + lines[first].dropFirst(indentation.count + 4)
    }
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\", "\"": "\\\(scalar)"
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      // What readers refuse as it stands, or take for a line's end.
      case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}":
        "\\u" + String(format: "%04X", scalar.value)
      default: "\(scalar)"
      }
    }
    return "\"\(escaped.joined())\""
  }
}
