import Proxy
import Tensors

/// What `trimtab bench` can measure.
public enum Workload: String, Sendable, Hashable, CaseIterable {
  case train, lora
  case quantizedLoRA = "lora-gguf"
  case prefill, decode, batch, proxy, growth

  /// What it does, in a line.
  public var summary: String {
    switch self {
    case .train: "full fine-tuning of random weights, 4 sequences of 512 tokens a step"
    case .lora: "LoRA of rank 16 on every linear layer of random bfloat16 weights, the same tokens"
    case .quantizedLoRA: "the same over the weights of --model as they are stored"
    case .prefill: "reading a prompt of 512 tokens"
    case .decode: "decoding 128 tokens, one after another"
    case .batch: "decoding 8 sequences at once, and one alone"
    case .proxy: "decoding with experts and antiexperts; a random pair of 6 layers where none are given"
    case .growth: "a table: longer sequences, larger batches and models, fewer threads"
    }
  }

  /// What is measured when nothing is named: what needs no model file and a minute or two.
  public static let usual: [Workload] = [.train, .lora, .prefill, .decode, .batch, .proxy]
}

/// What is measured, and with what.
public struct BenchmarkOptions: Sendable {
  public var workloads = Workload.usual
  /// The model to read and decode with, and what steers it; nil: random weights of `shape`.
  public var selection: ModelSelection?
  /// What random weights are shaped like, and what those that are decoded with are stored as.
  public var shape = ModelShape.smolLM2
  public var weights = ElementType.bfloat16
  /// How often each workload is measured.
  public var repetitions = 5
  /// How many sequences a training step has, and how many tokens those and prompts to read.
  public var sequences = 4
  public var length = 512
  /// How many tokens are decoded.
  public var tokens = 128
  /// Texts that decoding continues, one for each repetition; nil: a random token.
  public var prompts: [String]?
  /// What guesses tokens ahead while decoding with an expert.
  public var drafting = DraftingChoice.none
  /// Whether the machine's limits are measured too, after the workloads.
  public var measuresLimits = true
  public var threads: Int?
  public var precision: Precision?

  public init() {}
}
