import Tensors
import Tokenizers

/// The pairs of a split as tokens, and what was left out.
public struct PreferenceReading: Sendable, Hashable {
  public fileprivate(set) var pairs: [PreferencePair] = []
  /// The row that each pair comes from.
  public fileprivate(set) var rows: [Int] = []
  /// Rows whose answers are the same, which teach nothing.
  public fileprivate(set) var equal = 0
  /// Rows with an answer that says nothing.
  public fileprivate(set) var empty = 0
}

extension Dataset {
  /// The preference pairs of a split, rendered and tokenised.
  ///
  /// - Throws: `DatasetError` for a dataset of another kind, a row that can't be rendered, or a weight that is none.
  public func preferencePairs(
    split: String, renderer: ExampleRenderer, pool: ThreadPool = ThreadPool()
  ) throws -> PreferenceReading {
    guard kind == .preference else {
      throw DatasetError.unsuitableKind(path: path, found: kind, isPreferenceNeeded: true)
    }
    var reading = PreferenceReading()
    try forEachStretch(split: split) { start, rows in
      let made = pool.map(rows) { row in
        Result { () throws(RenderingProblem) in try renderer.preferencePair(row) }
      }
      for (index, (row, result)) in zip(rows, made).enumerated() {
        try reading.add(result, row: row, number: start + index, of: self)
      }
    }
    return reading
  }
}

extension PreferenceReading {
  fileprivate mutating func add(
    _ made: Result<PreferencePair?, RenderingProblem>, row: DatasetRow, number: Int, of dataset: Dataset
  ) throws {
    switch made {
    case .failure(let problem):
      throw DatasetError.unrenderable(path: dataset.path, row: number, problem)
    case .success(nil):
      empty += 1
    case .success(let pair?) where pair.chosen == pair.rejected:
      equal += 1
    case .success(var pair?):
      if let text = row["weight"], !text.isEmpty {
        guard let weight = Double(text), weight >= 0, weight.isFinite else {
          throw DatasetError.notANumber(path: dataset.path, row: number, column: "weight", text: text)
        }
        pair.weight = weight
      }
      pairs.append(pair)
      rows.append(number)
    }
  }
}

extension ExampleRenderer {
  /// A row's pair; nil when one of its answers says nothing.
  func preferencePair(_ row: DatasetRow) throws(RenderingProblem) -> PreferencePair? {
    for name in ["chosen", "rejected"] where (row[name] ?? "").allSatisfy(\.isWhitespace) { return nil }
    let (chosen, rejected) = try pair(row)
    func ends(_ example: TokenizedExample) -> (start: Int, end: Int) {
      let range = example.trainedRanges.last ?? 0..<0
      return (range.lowerBound, range.upperBound)
    }
    // Where a tokenizer joins the prompt's last piece to the answer, that piece belongs to the answers.
    let shared = zip(chosen.ids, rejected.ids).prefix { $0 == $1 }.count
    let start = min(shared, ends(chosen).start, ends(rejected).start)
    let answers = [chosen, rejected].map { Array($0.ids[start..<max(start, ends($0).end)]) }
    guard answers.allSatisfy({ !$0.isEmpty }) else { return nil }
    return PreferencePair(prompt: Array(chosen.ids[..<start]), chosen: answers[0], rejected: answers[1])
  }
}
