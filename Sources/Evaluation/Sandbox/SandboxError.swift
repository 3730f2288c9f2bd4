import Diagnostics
import Foundation

/// Why a program can't be run.
public enum SandboxError: DiagnosticError, Hashable {
  /// The machine doesn't let a program be isolated; nothing is run then.
  case noIsolation(stage: String, code: Int32)
  /// A sandbox that worked before couldn't be made.
  case failed(stage: String, code: Int32)
  case unwritable(path: String, reason: String)
  /// There is no program that runs or compiles the language.
  case noInterpreter(language: String, searched: [String])

  public var diagnostics: [Diagnostic] {
    switch self {
    case .noIsolation(let stage, let code):
      [
        Diagnostic(
          "generated code can't be isolated on this machine (\(stage): \(String(cString: strerror(code)))),"
            + " so it isn't run",
          advice:
            "allow unprivileged user namespaces, or, where nothing can be harmed, say --unsafe-sandbox none",
          exitCode: .unavailable)
      ]
    case .failed(let stage, let code):
      [
        Diagnostic(
          "the sandbox can't be made (\(stage): \(String(cString: strerror(code))))", exitCode: .unavailable)
      ]
    case .unwritable(let path, let reason):
      [
        Diagnostic(
          "the program's files can't be written: \(reason)", at: .init(path), exitCode: .inputOutput)
      ]
    case .noInterpreter(let language, let searched):
      [
        Diagnostic(
          "there is nothing to run \(language) with",
          advice: "install one of \(searched.joined(separator: ", "))", exitCode: .unavailable)
      ]
    }
  }
}
