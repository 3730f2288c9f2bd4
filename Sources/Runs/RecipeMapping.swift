import Datasets
import Models
import Recipes
import Tensors
import Training

extension Recipe.Precision {
  /// The precision to ask the engine for; nil for the machine's fastest.
  var tensorPrecision: Precision? {
    switch self {
    case .auto: nil
    case .fp32: .fp32
    case .bf16: .bf16
    }
  }
}

extension Recipe.Data.TrainOn {
  var rendered: TrainOn {
    switch self {
    case .responses: .responses
    case .last: .last
    case .all: .everything
    }
  }
}

extension Recipe.Shape {
  /// A model of this shape over a tokenizer's vocabulary.
  func configuration(vocabularySize: Int) throws -> ModelConfiguration {
    guard ["llama", "mistral", "qwen2"].contains(family) else {
      throw ModelError.unknownFamily(family, path: "model.shape.family")
    }
    var configuration = ModelConfiguration(
      family: family, vocabularySize: vocabularySize, hiddenSize: hiddenSize,
      intermediateSize: intermediateSize, layers: layers, heads: heads, keyValueHeads: keyValueHeads,
      contextLength: context)
    configuration.position = .rotary(.init(base: rotaryBase))
    configuration.normEpsilon = Float(normEpsilon)
    configuration.tiedHead = tiedHead
    configuration.initializerRange = Float(initializerRange)
    configuration.attentionInputBias = family == "qwen2"
    try configuration.check(path: "model.shape")
    return configuration
  }
}

extension Recipe.Reduction {
  /// What is made of a large model.
  var reduction: ModelReduction {
    ModelReduction(
      layers: layers, hiddenSize: hiddenSize, intermediateSize: intermediateSize,
      keyValueHeads: keyValueHeads)
  }
}

extension Recipe.Adapter {
  /// The adapter over a model that has these layers.
  func configuration(over model: ModelConfiguration) throws -> LowRankConfiguration {
    LowRankConfiguration(
      rank: rank, alpha: Float(alpha), dropout: Float(dropout),
      targets: try LowRankConfiguration.targets(targets, in: model))
  }
}

extension Recipe.Preference {
  /// The objective's options.
  var options: PreferenceOptions {
    PreferenceOptions(
      loss: trainingLoss, beta: beta, likelihoodWeight: likelihoodWeight,
      isLengthNormalized: isLengthNormalized)
  }

  private var trainingLoss: PreferenceLoss {
    switch loss {
    case .sigmoid: .sigmoid(labelSmoothing: labelSmoothing)
    case .hinge: .hinge
    case .ipo: .ipo
    case .robust: .robust(labelSmoothing: labelSmoothing)
    case .simpo: .simpo(margin: margin)
    case .orpo: .orpo
    case .kto: .kto(desirable: desirable, undesirable: undesirable)
    }
  }
}

extension Recipe.Through.Storage {
  var precision: LogitCache.Precision {
    switch self {
    case .float16: .float16
    case .float32: .float32
    }
  }
}

extension Recipe.Weights {
  var elementType: ElementType {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }
}

extension Recipe.Training {
  /// The loop's options.
  func options(seed: UInt64) -> TrainingOptions {
    TrainingOptions(
      length: trainingLength,
      learningRate: LearningRate(
        curve, peak: learningRate, warmup: warmupStretch, decay: .share(decayRatio),
        minimumRatio: minimumRatio),
      optimizer: Optimizer.Options(
        beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, clipping: clipNorm),
      accumulation: accumulation, outlierLimit: outlierLimit,
      activationCheckpointing: activationCheckpointing,
      seed: seed, validateEvery: validateEvery, saveEvery: saveEvery)
  }

  private var trainingLength: TrainingOptions.Length {
    switch length {
    case .epochs(let epochs): .epochs(epochs)
    case .steps(let steps): .steps(steps)
    }
  }

  private var curve: LearningRate.Curve {
    switch schedule {
    case .cosine: .cosine
    case .linear: .linear
    case .constant: .constant
    case .warmupStableDecay: .warmupStableDecay
    }
  }

  private var warmupStretch: LearningRate.Stretch {
    switch warmup {
    case .ratio(let ratio): .share(ratio)
    case .steps(let steps): .steps(steps)
    }
  }
}
