/// Goes through a task's rows in batches of fixed bounds, and asks what the log doesn't hold.
///
/// What an answer's last bits depend on, its company in a pass, is so the same in a run that was interrupted: a batch
/// that was only half written down is asked again whole, and its missing rows are added.
struct ResumableRows {
  let log: AnswerLog?
  let rowsPerBatch: Int

  /// The answers of systems that are asked together, by system, rows in order; nil where `shouldStop` said so.
  ///
  /// - Parameters:
  ///   - shouldStop: Is asked between batches.
  ///   - progress: Is told after each batch how many rows are answered.
  ///   - answer: Answers the rows of a batch; by system.
  func answers(
    to task: any EvaluationTask, by systems: [EvaluatedSystem], shouldStop: () -> Bool,
    progress: (Int) -> Void = { _ in }, answer: ([Int]) throws -> [[AnsweredRow]]
  ) throws -> [[AnsweredRow]]? {
    let fingerprint = task.fingerprint
    var rows = systems.map { _ in [AnsweredRow]() }
    for start in stride(from: 0, to: task.rowCount, by: rowsPerBatch) {
      let batch = Array(start..<min(task.rowCount, start + rowsPerBatch))
      let known = systems.map { system in
        batch.map { log?.row($0, task: fingerprint, system: system.fingerprint) }
      }
      let isKnown = known.allSatisfy { $0.allSatisfy { $0 != nil } }
      if !isKnown, shouldStop() { return nil }
      let asked = isKnown ? [] : try answer(batch)
      for (place, system) in systems.enumerated() {
        let answered = isKnown ? [] : asked[place]
        let missing = zip(answered, known[place]).filter { $0.1 == nil }.map(\.0)
        try log?.append(missing, task: task, fingerprint: fingerprint, system: system)
        rows[place] += batch.indices.compactMap { known[place][$0] ?? answered[$0] }
      }
      progress(start + batch.count)
    }
    return rows
  }
}
