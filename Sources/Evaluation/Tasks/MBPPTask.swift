/// MBPP (Austin and others, 2021): a Python function from a description and three tests.
public struct MBPPTask: CodeTask, Sendable {
  public let name = "mbpp"
  public let runner: CodeRunner
  private let sampling: CodeSampling
  private let prompts: [String]
  private let tests: [String]

  private static let stops = ["\nassert", "\nprint", "\nif __name__", "\n[DONE]", "\nYour code should"]

  /// Rows have `prompt`, which shows the tests, and `tests`.
  public init(
    rows: TaskRows, runner: CodeRunner, sampling: CodeSampling = .greedy, presentation: Presentation = .plain
  ) throws {
    self.runner = runner
    self.sampling = sampling
    prompts = try rows.rows.indices.map { row in
      try presentation.text(TaskPrompt(try rows.required("prompt", row: row)), path: rows.path, row: row)
    }
    tests = try rows.rows.indices.map { try rows.required("tests", row: $0) }
  }

  public var rule: String {
    "tests in the sandbox; the first fenced block where there is one; \(runner)"
  }
  public var tries: Int { sampling.tries }
  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { tests[row] }
  public func query(_ row: Int) -> Query { sampling.query(prompts[row], stops: Self.stops) }

  public func program(_ completion: String, row: Int) -> String {
    // Behind a prompt that ends within a line a space comes first.
    String(CodeText.unfenced(completion).drop { $0 == " " }) + "\n\n" + tests[row] + "\n"
  }
}
