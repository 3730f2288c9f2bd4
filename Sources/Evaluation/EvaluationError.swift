import Diagnostics

/// What can be wrong with an evaluation.
public enum EvaluationError: DiagnosticError {
  case notATask(path: String, kind: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .notATask(let path, let kind):
      [
        Diagnostic(
          "rows of kind \(kind) have no answers to compare with", at: .init(path),
          advice: "give a data set of kind task")
      ]
    }
  }
}
