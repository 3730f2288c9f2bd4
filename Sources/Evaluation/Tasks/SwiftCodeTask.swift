/// Swift functions behind their signature and description: MBXP and multilingual HumanEval (Athiwaratkun and others,
/// 2023).
public struct SwiftCodeTask: CodeTask, Sendable {
  public let name = "swift-code"
  public let runner: CodeRunner
  private let sampling: CodeSampling
  private let prompts: [String]
  private let tests: [String]

  /// A brace in the first column ends the function.
  private static let stops = ["\n}"]

  /// Rows have `prompt`, which ends where the function's body begins, and `tests`.
  public init(rows: TaskRows, runner: CodeRunner, sampling: CodeSampling = .greedy) throws {
    self.runner = runner
    self.sampling = sampling
    prompts = try rows.rows.indices.map { try rows.required("prompt", row: $0) }
    tests = try rows.rows.indices.map { try rows.required("tests", row: $0) }
  }

  public var rule: String {
    "compiled with its tests and run in the sandbox; ends with the function's closing brace; \(runner)"
  }
  public var tries: Int { sampling.tries }
  public var rowCount: Int { prompts.count }
  public func reference(_ row: Int) -> String { tests[row] }
  public func query(_ row: Int) -> Query { sampling.query(prompts[row], stops: Self.stops) }

  public func program(_ completion: String, row: Int) -> String {
    prompts[row] + CodeText.closed(completion, after: prompts[row]) + "\n" + tests[row] + "\n"
  }
}
