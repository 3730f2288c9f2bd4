import ArgumentParser
import Benchmarking
import Formats
import Proxy
import Tensors

/// `trimtab bench`: how fast this machine trains and decodes.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How fast this machine trains and decodes, and what share of its limits that is.",
    discussion: "Workloads:\n"
      + Workload.allCases.map { "  \($0.rawValue.padded(to: 10)) \($0.summary)" }.joined(separator: "\n"))

  @Argument(help: "What to measure (default: all but lora-gguf and growth).") var workloads: [Workload] = []
  @Option(help: "A model to read, decode and tune (default: random weights).") var model: String?
  @Option(help: "A tuned small model that steers it, with its weight (repeatable).") var expert: [String] = []
  @Option(help: "The small model before tuning (default: what the expert remembers).") var antiexpert: String?
  @Option(parsing: .unconditional, help: "The offset's strength: 0 is the model alone.") var alpha: Float = 1
  @Option(help: "What random weights are shaped like.") var shape = ModelShape.smolLM2
  @Option(help: "What random weights that are decoded with are stored as.") var weights = ElementType.bfloat16
  @Option(name: .customLong("repeat"), help: "How often each workload is measured.") var repetitions = 5
  @Option(help: "Sequences in a training step.") var sequences = 4
  @Option(help: "Tokens in each of those, and in a prompt that is read.") var length = 512
  @Option(help: "Tokens to decode.") var tokens = 128
  @Option(help: "A file of prompts to continue, one a line (default: a random token).") var prompts: String?
  @Option(help: "What guesses tokens ahead while decoding with an expert.") var draft = DraftingChoice.none
  @Flag(help: "Leave out the machine's limits.") var noLimits = false
  @Flag(help: "Print one JSON value.") var json = false
  @OptionGroup var computeOptions: ComputeOptions

  func run() throws {
    var options = BenchmarkOptions()
    if !workloads.isEmpty { options.workloads = workloads }
    guard model != nil || (expert.isEmpty && antiexpert == nil) else {
      throw BenchmarkError.expertsWithoutModel
    }
    options.selection = model.map {
      ModelSelection(
        model: $0, experts: expert.map { .init($0) }, antiexpert: antiexpert, alpha: alpha)
    }
    options.shape = shape
    options.weights = weights
    options.repetitions = repetitions
    options.sequences = sequences
    options.length = length
    options.tokens = tokens
    options.prompts = try prompts.map { try TextInput.lines($0) }
    options.drafting = draft
    options.measuresLimits = !noLimits
    options.threads = computeOptions.threads
    options.precision = computeOptions.precision
    let report = try Benchmark(options).run { Console.note($0) }
    Console.result(json ? report.json.text() : report.text)
  }
}

extension Workload: ExpressibleByArgument {}
extension ModelShape: ExpressibleByArgument {}

extension ElementType: ExpressibleByArgument {
  public static var allValueStrings: [String] { quantizable.map(\.rawValue) }
}
