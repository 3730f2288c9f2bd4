import Diagnostics
import Proxy
import Tensors

/// What keeps a workload from being measured.
public enum BenchmarkError: DiagnosticError, Hashable {
  case needsModel(Workload)
  case expertsWithoutModel
  case promptsWithoutTokenizer
  case draftingWithoutExpert
  case noPrompts
  case skippedSteps(Int)
  case notPositive(String, Int)
  case notStorable(ElementType)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .needsModel(let workload):
      [usage("\(workload.rawValue) needs a model", advice: "give one with --model")]
    case .expertsWithoutModel:
      [usage("experts without a model to steer", advice: "give one with --model")]
    case .promptsWithoutTokenizer:
      [usage("prompts are text, and the model has no tokenizer", advice: "leave --prompts out")]
    case .draftingWithoutExpert:
      [usage("--draft without --expert", advice: "what is drafted for here is a proxy-tuned model")]
    case .noPrompts: [usage("the file of prompts holds none", advice: "write one a line")]
    case .skippedSteps(let count):
      [
        Diagnostic(
          "\(count) training steps were skipped: their gradients weren't finite", exitCode: .internalError)
      ]
    case .notPositive(let name, let found): [usage("\(name) is \(found), expected 1 or more")]
    case .notStorable(let type):
      [
        usage(
          "random weights aren't stored as \(type.rawValue)",
          advice: "possible are \(ElementType.quantizable.map(\.rawValue).joined(separator: ", "))")
      ]
    }
  }

  private func usage(_ problem: String, advice: String? = nil) -> Diagnostic {
    Diagnostic(problem, advice: advice, exitCode: .usage)
  }
}

extension BenchmarkOptions {
  /// Refuses options that don't go together.
  func check() throws {
    let counts = [
      ("--repeat", repetitions), ("--sequences", sequences), ("--length", length), ("--tokens", tokens),
    ]
    for (name, count) in counts where count < 1 { throw BenchmarkError.notPositive(name, count) }
    guard selection != nil || !workloads.contains(.quantizedLoRA) else {
      throw BenchmarkError.needsModel(.quantizedLoRA)
    }
    guard drafting == .none || selection?.experts.isEmpty == false else {
      throw BenchmarkError.draftingWithoutExpert
    }
    guard ElementType.quantizable.contains(weights) else { throw BenchmarkError.notStorable(weights) }
    guard prompts?.isEmpty != true else { throw BenchmarkError.noPrompts }
    guard selection != nil || prompts == nil else { throw BenchmarkError.promptsWithoutTokenizer }
  }
}
