import Diagnostics
import Yams

/// Everything that is wrong with a recipe, at once.
public struct RecipeError: DiagnosticError {
  public let diagnostics: [Diagnostic]

  init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// One problem with a whole recipe.
  public init(path: String, _ problem: String, advice: String? = nil, exitCode: ExitStatus = .badData) {
    diagnostics = [Diagnostic(problem, at: .init(path), advice: advice, exitCode: exitCode)]
  }

  init(override text: String, _ problem: String, advice: String? = nil) {
    diagnostics = [Diagnostic(problem, at: .init("--set \(text)"), advice: advice, exitCode: .usage)]
  }

  /// A syntax error, at its place.
  init(_ error: YamlError, path: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      diagnostics = [
        Diagnostic(
          "not YAML: \(problem)", at: .init(path, line: mark.line, column: mark.column),
          advice: "look at the indentation, colons and quotes there")
      ]
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
      diagnostics = [
        Diagnostic(
          "\(keys) twice in one section",
          at: .init(path, line: context.mark.line, column: context.mark.column), advice: "keep one")
      ]
    case .reader(let problem, _, _, _):
      // Yams' own text would show the line, which in a binary file is anything.
      diagnostics = [
        Diagnostic(
          "not YAML: \(problem)", at: .init(path),
          advice: "a recipe is a text file; trimtab recipe list shows those that ship")
      ]
    default:
      diagnostics = [Diagnostic("not YAML: \(error)", at: .init(path))]
    }
  }
}
