import Diagnostics

/// What can be wrong with a tokenizer's files or with what is asked of a tokenizer.
public enum TokenizerError: DiagnosticError, Hashable {
  /// A folder without a tokenizer in it.
  case noTokenizer(folder: String, found: [String])
  /// A tokenizer of a kind that isn't implemented: `part` names the setting, `found` its value.
  case unsupported(part: String, found: String, supported: [String], source: String)
  /// A file that contradicts itself or lacks something.
  case malformed(problem: String, source: String)
  /// A pattern that can't be compiled.
  case pattern(String, problem: String, source: String)
  /// Training that can't be done as asked.
  case training(problem: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .noTokenizer(let folder, let found):
      let advice =
        found.isEmpty
        ? "name a folder that holds a tokenizer.json, a tokenizer.json or a .gguf file"
        : "\(found.joined(separator: " and ")) can't be read; save the tokenizer as tokenizer.json"
      return [
        Diagnostic("no tokenizer.json here", at: .init(folder), advice: advice, exitCode: .noInput)
      ]
    case .unsupported(let part, let found, let supported, let source):
      var advice = "supported: \(supported.joined(separator: ", "))"
      if let near = nearest(to: found, among: supported) { advice += "; did you mean '\(near)'?" }
      return [Diagnostic("\(part) '\(found)' is not supported", at: .init(source), advice: advice)]
    case .malformed(let problem, let source):
      return [Diagnostic(problem, at: .init(source))]
    case .pattern(let pattern, let problem, let source):
      return [Diagnostic("the pattern '\(pattern)' can't be used: \(problem)", at: .init(source))]
    case .training(let problem):
      return [Diagnostic(problem, exitCode: .usage)]
    }
  }
}
