import Diagnostics
import Foundation

extension Recipe: RecipeFile {
  /// Reads a recipe's text; `path` is what messages call it.
  public init(yaml: String, path: String, overrides: [String] = []) throws {
    let reader = try RecipeReader(yaml: yaml, path: path, overrides: overrides, command: "finetune")
    let top = reader.top
    kind = top.choice("kind", Kind.self) ?? .finetune
    if !top.hasValue("kind") {
      top.problem("kind is missing", advice: "write kind: finetune, pretrain or distill")
    }
    seed = UInt64(top.integer("seed", in: 0...Int.max) ?? 0)
    threads = top.integer("threads", in: 1...1024)
    precision = top.choice("precision", Precision.self) ?? .auto
    output = top.string("output") ?? ""
    if !top.hasValue("output") { top.problem("output is missing", advice: "name the run's folder") }
    weights = top.choice("weights", Weights.self) ?? .float32
    model = Model(top.section("model"), kind: kind)
    adapter = Adapter.read(top.section("adapter"))
    if adapter != nil, kind != .finetune {
      top.problem(
        "adapter in a recipe of kind \(kind.rawValue)", key: "adapter", advice: "a new model learns whole")
    }
    objective = Objective(top.section("objective"), kind: kind)
    if kind == .pretrain, objective != Objective() {
      top.problem(
        "objective in a recipe of kind pretrain", key: "objective",
        advice: "a model from nothing learns the next token")
    }
    data = Data(top.section("data"))
    if objective.preference != nil, !data.packing || data.trainOn != .responses {
      top.problem(
        "data.packing: false or data.train_on with preferences", key: "data",
        advice: "leave them out: pairs are always packed, and learnt by their answers")
    }
    let trainingSection = top.section("training")
    training = Training(trainingSection)
    if data.validation == nil { training.refuseWithoutValidation(trainingSection) }
    try reader.finish()
  }
}

extension Recipe.Model {
  init(_ section: Section, kind: Recipe.Kind) {
    let path = section.string("path")
    let tokenizer = section.string("tokenizer")
    let shape = section.section("shape")
    let reduction = Recipe.Reduction(section.section("reduce"))
    if kind == .distill, reduction == Recipe.Reduction() {
      section.problem(
        "model.reduce is missing", advice: "say what stays of the large model, such as reduce: {layers: 8}")
    } else if kind != .distill, section.hasValue("reduce") {
      section.problem(
        "model.reduce in a recipe of kind \(kind.rawValue)", key: "reduce",
        advice: "a small model is made by kind: distill")
    }
    if kind == .distill, section.hasValue("shape") {
      section.problem(
        "model.shape in a recipe of kind distill", key: "shape", advice: "give model.path and model.reduce")
    }
    if section.hasValue("shape") {
      self = .shape(Recipe.Shape(shape), tokenizer: tokenizer ?? "")
      if path != nil {
        section.problem("model.path and model.shape together", key: "path", advice: "keep one")
      }
      if tokenizer == nil {
        section.problem("model.tokenizer is missing", advice: "a model from nothing needs one")
      }
    } else {
      self = kind == .distill ? .reduced(reduction, path: path ?? "") : .path(path ?? "")
      if path == nil {
        section.problem("model.path is missing", advice: "name a checkpoint folder or a .gguf file")
      }
      if tokenizer != nil {
        section.problem(
          "model.tokenizer without model.shape", key: "tokenizer", advice: "a model brings its own")
      }
      if kind == .pretrain, path != nil {
        section.problem("model.path in a recipe of kind pretrain", key: "path", advice: "give model.shape")
      }
    }
    section.finish()
  }
}

extension Recipe.Shape {
  /// No model is as wide, or reads as much.
  fileprivate static let largest = 1 << 20

  init(_ section: Section) {
    let size = 1...Self.largest
    family = section.string("family") ?? family
    layers = section.integer("layers", in: 1...1000) ?? layers
    hiddenSize = section.integer("hidden_size", in: size) ?? hiddenSize
    intermediateSize = section.integer("intermediate_size", in: size) ?? 3 * hiddenSize
    heads = section.integer("heads", in: size) ?? heads
    keyValueHeads = section.integer("kv_heads", in: size) ?? heads
    context = section.integer("context", in: 2...Self.largest) ?? context
    tiedHead = section.boolean("tied_head") ?? tiedHead
    rotaryBase = section.number("rope_theta", in: 1...1e300) ?? rotaryBase
    normEpsilon = section.number("norm_epsilon", in: 0...1, excludingLower: true) ?? normEpsilon
    initializerRange =
      section.number("initializer_range", in: 0...1, excludingLower: true) ?? initializerRange
    if hiddenSize % heads != 0 {
      section.problem("hidden_size \(hiddenSize) is no multiple of \(heads) heads", key: "hidden_size")
    } else if (hiddenSize / heads) % 2 != 0 {
      section.problem(
        "heads of \(hiddenSize / heads) dimensions; rotary positions need an even number", key: "heads")
    }
    if heads % keyValueHeads != 0 {
      section.problem("heads \(heads) is no multiple of kv_heads \(keyValueHeads)", key: "kv_heads")
    }
    section.finish()
  }
}

extension Recipe.Reduction {
  init(_ section: Section) {
    layers = section.integer("layers", in: 1...1000)
    let size = 1...Recipe.Shape.largest
    hiddenSize = section.integer("hidden_size", in: size)
    intermediateSize = section.integer("intermediate_size", in: size)
    keyValueHeads = section.integer("kv_heads", in: size)
    section.finish()
  }
}

extension Recipe.Adapter {
  private enum Kind: String, CaseIterable { case none, lora }

  /// The adapter, or nil where the section is missing or says `kind: none`.
  static func read(_ section: Section) -> Recipe.Adapter? {
    let kind = section.choice("kind", Kind.self) ?? .none
    var adapter = Recipe.Adapter()
    adapter.rank = section.integer("rank", in: 1...4096) ?? adapter.rank
    adapter.alpha = section.number("alpha", in: 0...1e300, excludingLower: true) ?? 2 * Double(adapter.rank)
    adapter.dropout = section.number("dropout", in: 0...0.99) ?? adapter.dropout
    adapter.targets = section.strings("targets") ?? adapter.targets
    let hasOther = ["rank", "alpha", "dropout", "targets"].contains { section.hasValue($0) }
    if hasOther, !section.hasValue("kind") {
      section.problem("adapter.kind is missing", advice: "write kind: lora")
    }
    section.finish()
    return kind == .lora ? adapter : nil
  }
}

extension Recipe.Data {
  init(_ section: Section) {
    let path = section.string("path")
    let split = section.string("split")
    let validationPath = section.string("validation_path")
    let validationSplit = section.string("validation_split")
    let listed = section.sections("sources")
    sources = (listed ?? []).map { source in
      defer { source.finish() }
      let path = source.string("path")
      if path == nil { source.problem("\(source.name).path is missing", advice: "name a data set") }
      return Source(
        path: path ?? "", split: source.string("split") ?? "train",
        weight: source.number("weight", in: 0...10_000, excludingLower: true) ?? 1)
    }
    if listed != nil, split != nil {
      section.problem(
        "data.split and data.sources together", key: "split", advice: "give each source a split of its own")
    }
    if let path {
      if listed != nil {
        section.problem("data.path and data.sources together", key: "sources", advice: "keep one")
      }
      sources = [Source(path: path, split: split ?? "train", weight: 1)]
    } else if listed == nil {
      section.problem(
        "data.path is missing", advice: "name a data set; trimtab data import makes one")
    }
    if validationPath != nil || validationSplit != nil {
      validation = Source(
        path: validationPath ?? sources.first?.path ?? "", split: validationSplit ?? "validation", weight: 1)
    }
    template = section.choice("template", Template.self)?.rawValue
    maximumLength = section.integer("max_length", in: 2...Int.max) ?? 1024
    packing = section.boolean("packing") ?? true
    trainOn = section.choice("train_on", TrainOn.self) ?? .responses
    section.finish()
  }
}

extension Recipe.Training {
  init(_ section: Section) {
    let whole = 1...Int.max
    let stepCount = 1...1_000_000_000
    let epochs = section.number("epochs", in: 0...1e9, excludingLower: true)
    let steps = section.integer("steps", in: stepCount)
    length = steps.map { .steps($0) } ?? epochs.map { .epochs($0) } ?? length
    if epochs != nil, steps != nil {
      section.problem(
        "\(section.name).epochs and \(section.name).steps together", key: "steps", advice: "set one to null")
    }
    // A pair of answers and a mismatched one need two tokens each.
    batchTokens = section.integer("batch_tokens", in: 8...(1 << 24)) ?? batchTokens
    accumulation = section.integer("accumulation", in: 1...1_000_000) ?? accumulation
    learningRate = section.number("learning_rate", in: 0...10, excludingLower: true) ?? learningRate
    schedule = section.choice("schedule", Schedule.self) ?? schedule
    let ratio = section.number("warmup_ratio", in: 0...1)
    let warmupSteps = section.integer("warmup_steps", in: 0...stepCount.upperBound)
    warmup = warmupSteps.map { .steps($0) } ?? ratio.map { .ratio($0) } ?? warmup
    if ratio != nil, warmupSteps != nil {
      section.problem(
        "\(section.name).warmup_ratio and \(section.name).warmup_steps together", key: "warmup_steps",
        advice: "keep one")
    }
    minimumRatio = section.number("minimum_ratio", in: 0...1) ?? minimumRatio
    decayRatio = section.number("decay_ratio", in: 0...1) ?? decayRatio
    beta1 = section.number("beta1", in: 0...0.99999) ?? beta1
    beta2 = section.number("beta2", in: 0...0.99999) ?? beta2
    epsilon = section.number("epsilon", in: 0...1, excludingLower: true) ?? epsilon
    weightDecay = section.number("weight_decay", in: 0...10) ?? weightDecay
    let clip = section.number("clip_norm", in: 0...1e300, excludingLower: true)
    clipNorm = section.isWritten("clip_norm") ? clip : clipNorm
    let outlier = section.number("outlier_limit", in: 1...1e300)
    outlierLimit = section.isWritten("outlier_limit") ? outlier : outlierLimit
    activationCheckpointing = section.boolean("activation_checkpointing") ?? activationCheckpointing
    validateEvery = section.integer("validate_every", in: whole)
    saveEvery = section.integer("save_every", in: whole)
    keepLast = section.integer("keep_last", in: whole) ?? keepLast
    keepBest = section.boolean("keep_best") ?? keepBest
    earlyStopPatience = section.integer("early_stop_patience", in: whole)
    section.finish()
  }

  /// Reports what looks at a validation's loss, where nothing is validated on.
  fileprivate func refuseWithoutValidation(_ section: Section) {
    for (key, isWanted) in [("keep_best", keepBest), ("early_stop_patience", earlyStopPatience != nil)]
    where isWanted {
      section.problem(
        "training.\(key) without data.validation_split", key: key,
        advice: "name the split that the loss is measured on, or leave it out")
    }
  }
}
