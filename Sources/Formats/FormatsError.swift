import Diagnostics
import Foundation

/// What can be wrong with a file: it isn't there, the system refuses, or its content isn't what it claims.
public enum FormatsError: DiagnosticError, Hashable {
  /// No file at this path.
  case noSuchFile(path: String)
  /// The system refused an operation (`open`, `write`, …) with this `errno`.
  case system(path: String, operation: String, code: Int32)
  /// A syntax error in JSON; line and column count from 1, columns in Unicode scalars.
  case json(source: String, line: Int, column: Int, JSONProblem)
  /// A safetensors file, or the index of a sharded one, that isn't sound.
  case safetensors(path: String, SafetensorsProblem)
  /// A GGUF file that isn't sound.
  case gguf(path: String, byteOffset: Int, GGUFProblem)
  /// An HDF5 file that isn't sound, or an object in it that isn't what it should be.
  case hdf5(path: String, object: String, isWriting: Bool, HDF5Problem)
  /// A tensor that a model needs and its file hasn't.
  case noSuchTensor(path: String, name: String, nearest: String?)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .noSuchFile(let path):
      return [Diagnostic("no such file or folder", at: .init(path), exitCode: .noInput)]
    case .system(let path, let operation, let code):
      let problem = "cannot \(operation): \(String(cString: strerror(code)))"
      return [
        Diagnostic(problem, at: .init(path), advice: Self.advice(code), exitCode: .inputOutput)
      ]
    case .json(let source, let line, let column, let problem):
      return [Diagnostic(problem.text, at: .init(source, line: line, column: column))]
    case .safetensors(let path, let problem):
      return [Diagnostic(problem.text, at: .init(path), advice: problem.advice)]
    case .gguf(let path, let offset, let problem):
      return [Diagnostic(problem.text, at: .init(path, byteOffset: offset), advice: problem.advice)]
    case .hdf5(let path, let object, let isWriting, let problem):
      let place = object == "/" ? path : "\(path) (\(object))"
      return [
        Diagnostic(
          problem.text, at: .init(place), advice: problem.advice,
          exitCode: isWriting ? .inputOutput : .badData)
      ]
    case .noSuchTensor(let path, let name, let nearest):
      let advice = nearest.map { "the nearest name is \($0)" }
      return [Diagnostic("there is no tensor \(name)", at: .init(path), advice: advice)]
    }
  }

  /// The error for the current `errno` of a call that failed on `path`.
  static func last(_ operation: String, _ path: String) -> FormatsError {
    let code = errno
    return code == ENOENT || code == ENOTDIR
      ? .noSuchFile(path: path) : .system(path: path, operation: operation, code: code)
  }

  private static func advice(_ code: Int32) -> String? {
    switch code {
    case ENOSPC, EDQUOT, EFBIG: "free some space or write elsewhere"
    case EACCES, EPERM, EROFS: "choose a path that you may use"
    case EISDIR: "name a file, not a folder"
    default: nil
    }
  }
}
