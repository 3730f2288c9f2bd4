/// DS-1000 (Lai and others, 2023): a few lines for a Python library, put into a program that tests them.
///
/// The interpreter must have the libraries that the rows ask for.
public struct DS1000Task: CodeTask, Sendable {
  public let name = "ds1000"
  public let runner: CodeRunner
  private let sampling: CodeSampling
  private let prompts: [String]
  private let contexts: [String]

  private static let stops = ["</code>", "# SOLUTION END", "END SOLUTION"]

  /// Rows have `prompt` and `code_context`, which defines `test_execution` and perhaps `test_string`.
  public init(rows: TaskRows, runner: CodeRunner, sampling: CodeSampling = .paper) throws {
    self.runner = runner
    self.sampling = sampling
    prompts = try rows.rows.indices.map { try rows.required("prompt", row: $0) + "\n" }
    contexts = try rows.rows.indices.map { try rows.required("code_context", "tests", row: $0) }
  }

  public var rule: String {
    "the row's own tests in the sandbox; the first fenced block where there is one; \(runner)"
  }
  public var tries: Int { sampling.tries }
  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { contexts[row] }

  public func query(_ row: Int) -> Query {
    // What ends an answer may not be all of it.
    sampling.query(prompts[row], stops: Self.stops, forbiddenFirst: ["</"])
  }

  /// The answer goes in as a text: the tests put it where it belongs and run it there.
  public func program(_ completion: String, row: Int) -> String {
    let answer = CodeText.pythonLiteral(CodeText.unfenced(completion))
    let string = contexts[row].contains("def test_string(") ? "test_string(answer)\n" : ""
    return "\(contexts[row])\n\nanswer = \(answer)\ntest_execution(answer)\n\(string)"
  }
}
