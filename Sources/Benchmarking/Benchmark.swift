import Models
import Proxy
import Tensors
import Tokenizers

/// Measures workloads one after another.
public struct Benchmark {
  private let options: BenchmarkOptions
  private let compute: Compute

  /// How many sequences `batch` decodes at once.
  static let batchSequences = 8

  /// Prepares threads and engine.
  ///
  /// - Throws: `BenchmarkError` for options that don't go together; what making the engine throws.
  public init(_ options: BenchmarkOptions) throws {
    try options.check()
    self.options = options
    compute = try Self.makeCompute(options, threads: options.threads)
  }

  static func makeCompute(_ options: BenchmarkOptions, threads: Int?) throws -> Compute {
    try Compute(threads: threads, precision: options.precision)
  }

  /// Measures everything that was asked for; `note` is told what comes next.
  public func run(note: (String) -> Void = { _ in }) throws -> BenchmarkReport {
    var report = BenchmarkReport(threads: compute.pool.threads, precision: compute.engine.precision)
    for workload in options.workloads {
      note("\(workload.rawValue): \(workload.summary)")
      if workload == .growth {
        report.growth = try GrowthTable(options).measure(note: note)
      } else {
        report.results.append(try measure(workload))
      }
    }
    // Last, so that the memory that is read doesn't count as a workload's.
    if options.measuresLimits {
      note("limits: registers, matrix product, memory")
      report.limits = MachineLimits.measure(with: compute)
    }
    return report
  }

  private func measure(_ workload: Workload) throws -> BenchmarkResult {
    switch workload {
    case .train, .lora, .quantizedLoRA, .growth: try training(workload)
    case .prefill: try prefill()
    case .decode: try decoding(.decode, try BenchmarkSubject(options, compute: compute))
    case .proxy: try decoding(.proxy, try BenchmarkSubject(proxying: options, compute: compute))
    case .batch: try batch()
    }
  }

  private func training(_ workload: Workload) throws -> BenchmarkResult {
    var configuration = options.shape.configuration()
    var name = "\(options.shape.rawValue) shape"
    var frozen: [String: Tensor]?
    if workload == .lora {
      frozen = RandomWeights.tensors(configuration, as: .bfloat16)
    } else if workload == .quantizedLoRA, let path = options.selection?.model {
      let checkpoint = try Checkpoint.load(path)
      (configuration, name, frozen) = (checkpoint.configuration, path, checkpoint.tensors)
    }
    let training = TrainingWorkload(
      configuration: configuration, frozen: frozen, sequences: options.sequences, length: options.length)
    return BenchmarkResult(
      workload, model: name,
      rate: Measurement(try training.rates(steps: options.repetitions, compute: compute)),
      work: .operations(training.operationsPerToken), peakBytes: ProcessMemory.peakBytes)
  }

  private func prefill() throws -> BenchmarkResult {
    let subject = try BenchmarkSubject(options, compute: compute)
    let reading = DecodingWorkload(
      subject.model, promptLength: options.length, count: options.repetitions)
    return BenchmarkResult(
      .prefill, model: subject.name, rate: Measurement(try reading.prefillRates()),
      work: .operations(ModelWork(subject.configuration).prefill(length: options.length)))
  }

  private func decoding(_ workload: Workload, _ subject: BenchmarkSubject) throws -> BenchmarkResult {
    let bytes = subject.bytesPerToken(context: options.tokens / 2)
    return BenchmarkResult(
      workload, model: subject.name,
      rate: Measurement(try continuing(subject).decodingRates(tokens: options.tokens)),
      // What is drafted takes fewer passes than tokens, and how many depends on the text.
      work: subject.drafter == nil ? BenchmarkResult.Work.bytes(bytes) : nil)
  }

  private func batch() throws -> BenchmarkResult {
    let subject = try BenchmarkSubject(options, compute: compute)
    let decoding = try continuing(subject)
    let together = try decoding.decodingRates(tokens: options.tokens, sequences: Self.batchSequences)
    return BenchmarkResult(
      .batch, model: subject.name, rate: Measurement(together),
      // A sequence's share of the weights, which are read once for all.
      work: .bytes(subject.bytesPerToken(context: options.tokens / 2) / Double(Self.batchSequences)),
      alone: Measurement(try decoding.decodingRates(tokens: options.tokens)))
  }

  /// Continues the prompts that were given, or a random token.
  private func continuing(_ subject: BenchmarkSubject) throws -> DecodingWorkload {
    guard let prompts = options.prompts else {
      return DecodingWorkload(
        subject.model, drafter: subject.drafter, promptLength: 1, count: options.repetitions)
    }
    guard let tokenizer = subject.tokenizer else { throw BenchmarkError.promptsWithoutTokenizer }
    return DecodingWorkload(
      subject.model, drafter: subject.drafter,
      prompts: prompts.prefix(options.repetitions).map { tokenizer.encode($0) },
      stopTokens: tokenizer.stopTokens)
  }
}
