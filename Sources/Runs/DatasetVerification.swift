import Datasets
import Evaluation

/// Keeps of a data set the programs that pass their own tests, so that nobody learns from those that don't.
public struct DatasetVerification {
  /// How many of a split's rows have a program, and how many of those pass.
  public struct Count: Sendable, Hashable {
    public let split: String
    public let programs: Int
    public let passed: Int
  }

  private let dataset: Dataset
  private let task: String
  private let options: TaskOptions

  /// How many programs are run before somebody is asked whether to stop.
  private static let stretch = 16

  /// - Parameter task: The task whose rows these are, and which puts programs and tests together.
  /// - Throws: `DatasetError`; `EvaluationError` for an unknown task, or rows that it can't ask about.
  public init(dataset path: String, task: String, options: TaskOptions) throws {
    let kinds = try TaskLibrary.entry(task).kinds
    dataset = try Dataset(path: path)
    self.task = task
    self.options = options
    guard kinds.contains(dataset.kind) else {
      throw EvaluationError.wrongKind(
        path: path, kind: dataset.kind.rawValue, expected: kinds.map(\.rawValue).sorted())
    }
  }

  /// Runs every program in the sandbox and writes a data set without those that fail; rows without one stay.
  ///
  /// Returns nil, and writes nothing, where `shouldStop` said so.
  ///
  /// - Throws: `SandboxError` where code can't be run; `EvaluationError` for a task without tests.
  public func run(
    to output: String, shouldStop: () -> Bool = { false },
    progress: (_ split: String, _ programs: Int, _ of: Int) -> Void = { _, _, _ in }
  ) throws -> [Count]? {
    var (kept, counts) = ([(split: String, rows: [DatasetRow])](), [Count]())
    for split in dataset.splits {
      let rows = try dataset.rows(split: split)
      let programs = rows.indices.filter { rows[$0]["response"]?.isEmpty == false }
      var failed: Set<Int> = []
      if !programs.isEmpty {
        let task = try makeTask(programs.map { rows[$0] })
        for start in stride(from: 0, to: programs.count, by: Self.stretch) {
          if shouldStop() { return nil }
          let places = start..<min(start + Self.stretch, programs.count)
          let responses = places.map { place in
            let text = rows[programs[place]]["response"] ?? ""
            return RowResponse(row: place, .texts([GeneratedText(text, tokenCount: 0)]))
          }
          for (place, grade) in zip(places, try task.grades(responses)) where grade.score < 1 {
            failed.insert(programs[place])
          }
          progress(split, places.upperBound, programs.count)
        }
      }
      kept.append((split, rows.indices.filter { !failed.contains($0) }.map { rows[$0] }))
      counts.append(
        Count(split: split, programs: programs.count, passed: programs.count - failed.count))
    }
    let description = DatasetDescription(
      kind: dataset.kind, source: "\(dataset.source), verified by \(task)", license: dataset.license)
    try DatasetWriter.create(at: output, description) { writer in
      for (split, rows) in kept { for row in rows { try writer.append(row, split: split) } }
    }
    return counts
  }

  private func makeTask(_ rows: [DatasetRow]) throws -> any CodeTask {
    let task = try TaskLibrary.make(task, rows: TaskRows(path: dataset.path, rows: rows), options: options)
    guard let task = task as? any CodeTask else {
      throw EvaluationError.invalidOption(
        "task", found: self.task, expected: "one that runs tests, such as mbpp or swift-code")
    }
    return task
  }
}
