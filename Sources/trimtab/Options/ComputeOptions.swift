import ArgumentParser
import Tensors

extension Precision: ExpressibleByArgument {}

/// What to compute with.
struct ComputeOptions: ParsableArguments {
  @Option(help: "Threads to compute with (default: one a processor).")
  var threads: Int?

  @Option(help: "Matrix products in fp32 or bf16 (default: the fastest that the machine has).")
  var precision: Precision?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads), expected 1 or more.") }
  }

  /// What is given, as overrides of a recipe's keys.
  var overrides: [String] {
    [threads.map { "threads=\($0)" }, precision.map { "precision=\($0.rawValue)" }].compactMap(\.self)
  }

  /// Threads and engine over an arena for inference.
  func makeCompute() throws -> Compute { try Compute(threads: threads, precision: precision) }
}
