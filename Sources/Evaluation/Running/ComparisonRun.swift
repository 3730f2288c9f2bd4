import Formats

/// Puts the rows of a task to any number of systems: batched, and resumable row by row.
///
/// Rows go in batches of fixed bounds. What an answer's last bits depend on, its company in a pass, is so the same in a
/// run that was interrupted: a batch that was only half written down is asked again whole, and its missing rows are added.
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
    var results: [SystemResult] = []
    for system in systems {
      var rows: [AnsweredRow] = []
      var timing = timings?.timing(task: fingerprint, system: system.fingerprint) ?? Timing()
      for start in stride(from: 0, to: task.rowCount, by: rowsPerBatch) {
        let batch = start..<min(task.rowCount, start + rowsPerBatch)
        let known = batch.map { log?.row($0, task: fingerprint, system: system.fingerprint) }
        if known.contains(where: { $0 == nil }) {
          if shouldStop() { return nil }
          let (answered, took) = try answer(Array(batch), of: task, system)
          let missing = zip(answered, known).filter { $0.1 == nil }.map(\.0)
          try log?.append(missing, task: task, fingerprint: fingerprint, system: system)
          try timings?.add(took, task: fingerprint, system: system.fingerprint)
          timing = timing + took
          rows += zip(answered, known).map { $1 ?? $0 }
        } else {
          rows += known.compactMap { $0 }
        }
        progress(
          Progress(task: task.name, system: system.name, answered: rows.count, rowCount: task.rowCount))
      }
      results.append(SystemResult(name: system.name, rows: rows, timing: timing))
    }
    return Comparison(task: task.name, metric: task.metric, systems: results)
  }

  /// One batch's answers, and how long the model took for them.
  private func answer(
    _ rows: [Int], of task: any EvaluationTask, _ system: EvaluatedSystem
  ) throws -> ([AnsweredRow], Timing) {
    let evaluator = Evaluator(tokenizer: system.tokenizer)
    let started = ContinuousClock.now
    let responses = try evaluator.responses(
      to: rows.map { ($0, task.query($0)) }, model: system.model, drafter: system.drafter,
      draftLength: system.draftLength)
    let seconds = started.duration(to: .now) / .seconds(1)
    let answered = zip(rows, responses).map { RowResponse(row: $0, $1) }
    let grades = try task.grades(answered)
    return (
      zip(answered, grades).map { AnsweredRow(row: $0.row, response: $0.response, grade: $1) },
      Timing(seconds: seconds, tokenCount: responses.reduce(0) { $0 + $1.tokenCount })
    )
  }
}
