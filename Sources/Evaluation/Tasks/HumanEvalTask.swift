/// HumanEval (Chen and others, 2021): the body of a Python function behind its signature and description.
public struct HumanEvalTask: CodeTask, Sendable {
  public let name = "humaneval"
  public let runner: CodeRunner
  private let sampling: CodeSampling
  private let prompts: [String]
  private let tests: [String]

  private static let stops = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]

  /// Rows have `prompt`, `tests` (which define `check`) and `entry_point`.
  public init(rows: TaskRows, runner: CodeRunner, sampling: CodeSampling = .paper) throws {
    self.runner = runner
    self.sampling = sampling
    prompts = try rows.rows.indices.map { try rows.required("prompt", row: $0) }
    tests = try rows.rows.indices.map { row in
      let tests = try rows.required("tests", row: row)
      return "\(tests)\ncheck(\(try rows.required("entry_point", row: row)))\n"
    }
  }

  public var rule: String {
    "tests in the sandbox; unindented lines that assert or print are left out; \(runner)"
  }
  public var tries: Int { sampling.tries }
  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { tests[row] }

  public func query(_ row: Int) -> Query {
    // Functions that do nothing are what small models write most.
    sampling.query(prompts[row], stops: Self.stops, forbidden: ["pass", "..."])
  }

  public func program(_ completion: String, row: Int) -> String {
    prompts[row] + CodeText.withoutTests(completion) + "\n\n" + tests[row]
  }
}
