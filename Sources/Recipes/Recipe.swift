/// What to train, on what, and how: the typed form of a recipe's YAML.
public struct Recipe: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A model from nothing, on plain text.
    case pretrain
    /// A model that exists, on examples.
    case finetune
    /// A small model made of a large one, on plain text and on what the large one says of it.
    case distill
  }

  /// The number format of matrix products; `auto` takes the machine's fastest.
  public enum Precision: String, Sendable, Hashable, CaseIterable {
    case auto, fp32, bf16
  }

  /// How numbers are stored in a checkpoint.
  public enum Weights: String, Sendable, Hashable, CaseIterable {
    case float32, bfloat16, float16
  }

  public var kind: Kind
  /// What everything random is drawn from.
  public var seed: UInt64
  /// How many threads compute; nil for one a processor.
  public var threads: Int?
  public var precision: Precision
  /// The run's folder.
  public var output: String
  /// How a whole model's weights are stored; an adapter's are always float32.
  public var weights: Weights
  public var model: Model
  /// nil: every weight learns.
  public var adapter: Adapter?
  /// What is minimised: the next token's cross-entropy, a loss on preferences, or the distance from a large model.
  public var objective: Objective
  public var data: Data
  public var training: Training

  /// Where training begins.
  public enum Model: Sendable, Hashable {
    /// At a checkpoint folder or a GGUF.
    case path(String)
    /// At random weights of this shape, with the tokenizer at that path.
    case shape(Shape, tokenizer: String)
    /// At a small model made of the one at that path.
    case reduced(Reduction, path: String)
  }

  /// What stays of a large model; nil: all.
  public struct Reduction: Sendable, Hashable {
    public var layers: Int?
    public var hiddenSize: Int?
    public var intermediateSize: Int?
    /// Key and value heads, each with its query heads.
    public var keyValueHeads: Int?
  }

  /// The sizes of a model made from nothing; the vocabulary is its tokenizer's.
  public struct Shape: Sendable, Hashable {
    public var family = "llama"
    public var layers = 4
    public var hiddenSize = 128
    public var intermediateSize = 384
    public var heads = 4
    public var keyValueHeads = 4
    public var context = 256
    public var tiedHead = true
    public var rotaryBase = 10_000.0
    public var normEpsilon = 1e-5
    /// The deviation that weights are drawn with.
    public var initializerRange = 0.02
  }

  /// A LoRA adapter, after Hu and others (2021).
  public struct Adapter: Sendable, Hashable {
    public var rank = 16
    public var alpha = 32.0
    public var dropout = 0.0
    /// Modules such as `q_proj`, or `all-linear`.
    public var targets = ["all-linear"]
  }

  /// What is learnt from.
  public struct Data: Sendable, Hashable {
    public struct Source: Sendable, Hashable {
      /// A data set (HDF5).
      public var path: String
      public var split: String
      /// How often its examples are seen beside the other sources'.
      public var weight: Double
    }

    /// Which tokens the loss counts on.
    public enum TrainOn: String, Sendable, Hashable, CaseIterable {
      case responses, last, all
    }

    /// How a conversation, or a prompt and its response, becomes text.
    public enum Template: String, Sendable, Hashable, CaseIterable {
      /// The model's own.
      case model
      case plain
      case questionAnswer = "question-answer"
      case alpaca, chatml
    }

    public var sources: [Source]
    /// What the loss is measured on while training; nil for nothing.
    public var validation: Source?
    /// A named template; nil for the model's own in conversations, and for the plain prompt elsewhere.
    public var template: String?
    public var maximumLength: Int
    public var packing: Bool
    public var trainOn: TrainOn
  }

  /// How it is learnt.
  public struct Training: Sendable, Hashable {
    public enum Length: Sendable, Hashable {
      case epochs(Double)
      case steps(Int)
    }

    public enum Schedule: String, Sendable, Hashable, CaseIterable {
      case cosine, linear, constant
      case warmupStableDecay = "warmup-stable-decay"
    }

    public enum Warmup: Sendable, Hashable {
      case ratio(Double)
      case steps(Int)
    }

    public var length = Length.epochs(1)
    /// How many tokens go through the model at once.
    public var batchTokens = 2048
    /// How many batches make one step.
    public var accumulation = 1
    public var learningRate = 2e-5
    public var schedule = Schedule.cosine
    public var warmup = Warmup.ratio(0.03)
    /// Where the learning rate ends, as a share of its peak.
    public var minimumRatio = 0.0
    /// The share of the steps over which warmup-stable-decay decays.
    public var decayRatio = 0.2
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.0
    /// nil: gradients aren't clipped.
    public var clipNorm: Double? = 1
    /// How many standard deviations off a step may be before it is skipped; nil: only NaN is.
    public var outlierLimit: Double? = 8
    public var activationCheckpointing = false
    public var validateEvery: Int?
    public var saveEvery: Int?
    public var keepLast = 2
    public var keepBest = false
    /// Stop after so many validations without improvement.
    public var earlyStopPatience: Int?
  }
}
