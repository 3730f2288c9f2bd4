import Formats

/// Puts the rows of a task to any number of systems: batched, and resumable row by row.
public struct ComparisonRun {
  /// How far it is, for people.
  public struct Progress: Sendable {
    public let task: String
    public let system: String
    public let answered: Int
    public let rowCount: Int
  }

  private let systems: [EvaluatedSystem]
  private let log: AnswerLog?
  private let timings: TimingLog?
  private let rowsPerBatch: Int

  /// - Parameters:
  ///   - log: Where answers are kept, and found when the run goes on; nil for nowhere.
  ///   - timings: Where durations are kept, apart from what is the same in every run.
  ///   - rowsPerBatch: How many rows are asked together.
  public init(
    _ systems: [EvaluatedSystem], log: AnswerLog? = nil, timings: TimingLog? = nil, rowsPerBatch: Int = 32
  ) {
    self.systems = systems
    self.log = log
    self.timings = timings
    self.rowsPerBatch = max(1, rowsPerBatch)
  }

  /// Asks every system every row that it hasn't answered yet.
  ///
  /// - Parameter shouldStop: Is asked between batches; nil is returned when it says so.
  public func run(
    _ task: any EvaluationTask, shouldStop: () -> Bool = { false }, progress: (Progress) -> Void = { _ in }
  ) throws -> Comparison? {
    let fingerprint = task.fingerprint
    let resumable = ResumableRows(log: log, rowsPerBatch: rowsPerBatch)
    var results: [SystemResult] = []
    for system in systems {
      var timing = timings?.timing(task: fingerprint, system: system.fingerprint) ?? Timing()
      let rows = try resumable.answers(
        to: task, by: [system], shouldStop: shouldStop,
        progress: {
          progress(Progress(task: task.name, system: system.name, answered: $0, rowCount: task.rowCount))
        },
        answer: { batch in
          let (answered, took) = try answer(batch, of: task, system)
          try timings?.add(took, task: fingerprint, system: system.fingerprint)
          timing = timing + took
          return [answered]
        })
      guard let rows else { return nil }
      results.append(SystemResult(name: system.name, rows: rows[0], timing: timing))
    }
    return Comparison(task: task.name, metric: task.metric, systems: results)
  }

  /// One batch's answers, and how long the model took for them.
  private func answer(
    _ rows: [Int], of task: any EvaluationTask, _ system: EvaluatedSystem
  ) throws -> ([AnsweredRow], Timing) {
    let evaluator = Evaluator(tokenizer: system.tokenizer, stopTokens: system.stopTokens)
    let started = ContinuousClock.now
    let responses = try evaluator.responses(
      to: rows.map { ($0, task.query($0)) }, model: system.model, drafter: system.drafter)
    let seconds = started.duration(to: .now) / .seconds(1)
    return (
      try task.answeredRows(zip(rows, responses).map { RowResponse(row: $0, $1) }),
      Timing(seconds: seconds, tokenCount: responses.reduce(0) { $0 + $1.tokenCount })
    )
  }
}
