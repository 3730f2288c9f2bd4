import Diagnostics

/// What can go wrong below the models: memory, and a precision that the machine lacks.
public enum TensorError: DiagnosticError {
  case outOfMemory(bytes: Int)
  case precisionNotServed(Precision, reason: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .outOfMemory(let bytes):
      [
        Diagnostic(
          "the system refused \(bytes >> 20) MiB of memory",
          advice: "use a smaller batch or model, or turn on activation checkpointing", exitCode: .tryAgain)
      ]
    case .precisionNotServed(let precision, let reason):
      [Diagnostic("\(precision) matrix multiplication isn't available here: \(reason)", exitCode: .usage)]
    }
  }
}
