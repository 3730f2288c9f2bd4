import Diagnostics

/// What can be wrong with an evaluation.
public enum EvaluationError: DiagnosticError {
  /// A task can't ask about rows of this kind.
  case wrongKind(path: String, kind: String, expected: [String])
  case noRows(path: String, split: String)
  /// A row lacks a column; `found` are those that it has, where a recipe chooses among them.
  case missingColumn(path: String, row: Int, columns: [String], found: [String] = [])
  case notAList(path: String, row: Int, column: String)
  /// The true answer of a row isn't among its choices.
  case noRightChoice(path: String, row: Int, answer: String)
  case noNumber(path: String, row: Int, answer: String)
  case unknownTask(String, names: [String])
  case unknownRule(String, names: [String])
  /// A task is told something that it doesn't take.
  case unusedKey(String, task: String, taken: [String])
  /// A text's likelihood where most tokens are forbidden.
  case maskedText(task: String)
  /// A task needs something that wasn't given: a judge, a classifier.
  case taskNeeds(task: String, what: String, option: String)
  /// A line of an answers' log that isn't the torn last one.
  case damagedLog(path: String, line: Int)
  /// What a command that judges or classifies did wrong.
  case command(String, problem: String)
  /// An address whose judge gave no verdict.
  case unreachableJudge(String, problem: String)
  case invalidAddress(String)
  /// The program that is to judge can't be started.
  case noProgram(String)
  case invalidOption(String, found: String, expected: String)
  /// A strength would be chosen on rows that it is then judged by.
  case developmentLeak(task: String, split: String)
  /// There is nothing by which a strength could be chosen.
  case nothingToSweep(String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .wrongKind(let path, let kind, let expected):
      [
        Diagnostic(
          "rows of kind \(kind) can't be asked about by this task", at: .init(path),
          advice: "give a data set of kind \(expected.joined(separator: " or "))")
      ]
    case .noRows(let path, let split):
      [
        Diagnostic(
          "the split \(split) has no rows to ask about", at: .init(path),
          advice: "skip fewer, or name another split")
      ]
    case .missingColumn(let path, let row, let columns, let found):
      [
        Diagnostic(
          "row \(row) has no column \(columns.joined(separator: " or "))", at: .init(path),
          advice: found.isEmpty
            ? "import the data in the task's own format: trimtab data import --format …"
            : "it has \(found.joined(separator: ", "))")
      ]
    case .notAList(let path, let row, let column):
      [
        Diagnostic(
          "row \(row): the column \(column) is no JSON list of texts", at: .init(path),
          advice: "write [\"one\", \"another\"]")
      ]
    case .noRightChoice(let path, let row, let answer):
      [
        Diagnostic(
          "row \(row): the answer \"\(answer)\" is none of its choices", at: .init(path),
          advice: "give a letter, an index from 0, or one of the choices' texts")
      ]
    case .noNumber(let path, let row, let answer):
      [
        Diagnostic("row \(row): there is no number in the answer \"\(answer)\"", at: .init(path))
      ]
    case .unknownTask(let name, let names): [Self.unknown("task", name, among: names)]
    case .unknownRule(let name, let names): [Self.unknown("rule", name, among: names)]
    case .unusedKey(let key, let task, let taken):
      [
        Diagnostic(
          "the task \(task) takes no \(key)",
          advice: taken.isEmpty
            ? "leave it out" : "leave it out; it takes \(taken.sorted().joined(separator: ", "))",
          exitCode: .usage)
      ]
    case .maskedText(let task):
      [
        Diagnostic(
          "plausibility with the task \(task): a text that the base finds unlikely would be impossible",
          advice: "leave plausibility out, or evaluate the text apart", exitCode: .usage)
      ]
    case .taskNeeds(let task, let what, let option):
      [Diagnostic("the task \(task) needs \(what)", advice: "name it with \(option)", exitCode: .usage)]
    case .damagedLog(let path, let line):
      [
        Diagnostic(
          "this line is no answer", at: .init(path, line: line),
          advice: "remove the file to begin again; only a torn last line can be mended")
      ]
    case .command(let command, let problem):
      [
        Diagnostic(
          "\(command): \(problem)",
          advice: "it must read a JSON object a line and write one a line, in their order")
      ]
    case .unreachableJudge(let address, let problem):
      [
        Diagnostic(
          "\(address): \(problem)",
          advice:
            "see that it replies {\"probability\": …}; the same command goes on with what isn't judged yet",
          exitCode: .unavailable)
      ]
    case .invalidAddress(let address):
      [
        Diagnostic(
          "\"\(address)\" is no address of a judge", advice: "write http://host:port/path", exitCode: .usage)
      ]
    case .noProgram(let program):
      [
        Diagnostic(
          "the judge \(program) isn't a program that can be started",
          advice: program.contains("/")
            ? "look at its path and its permission to be executed" : "it is looked for in PATH",
          exitCode: .noInput)
      ]
    case .invalidOption(let name, let found, let expected):
      [Diagnostic("\(name) is \(found), expected \(expected)", exitCode: .usage)]
    case .developmentLeak(let task, let split):
      [
        Diagnostic(
          "the task \(task): its development rows are among those of \(split) that are asked about",
          advice: "name another split, or parts that don't overlap with skip and limit", exitCode: .usage)
      ]
    case .nothingToSweep(let reason):
      [
        Diagnostic(
          "no strength can be chosen: \(reason)", advice: "give it development rows, or alpha a number",
          exitCode: .usage)
      ]
    }
  }

  private static func unknown(_ what: String, _ name: String, among names: [String]) -> Diagnostic {
    Diagnostic(
      "there is no \(what) \"\(name)\"",
      advice: nearest(to: name, among: names).map { "did you mean \($0)?" }
        ?? "there are \(names.joined(separator: ", "))", exitCode: .usage)
  }
}
