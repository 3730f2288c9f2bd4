import Datasets
import Formats

/// The rows that a task asks about.
public struct TaskRows: Sendable {
  /// The data set, for messages.
  public let path: String
  public let rows: [DatasetRow]

  public init(path: String, rows: [DatasetRow]) {
    self.path = path
    self.rows = rows
  }

  /// Reads rows of a split.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of rows that the task can ask about.
  ///   - skip: How many rows are left out at the beginning, say because they were tuned on.
  ///   - limit: How many there are at most; nil for all.
  public init(
    dataset path: String, split: String, kinds: Set<DatasetKind>, skip: Int = 0, limit: Int? = nil
  ) throws {
    let dataset = try Dataset(path: path)
    guard kinds.contains(dataset.kind) else {
      throw EvaluationError.wrongKind(
        path: path, kind: dataset.kind.rawValue, expected: kinds.map(\.rawValue).sorted())
    }
    let count = try dataset.rowCount(split: split)
    let first = min(skip, count)
    self.path = path
    rows = try dataset.rows(first..<first + min(count - first, limit ?? count), split: split)
    guard !rows.isEmpty else { throw EvaluationError.noRows(path: path, split: split) }
  }

  /// What the data set is called: its file's name.
  public var name: String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".h5") ? String(file.dropLast(3)) : file
  }

  /// The first of some columns that a row has.
  ///
  /// - Throws: `EvaluationError.missingColumn`
  func required(_ columns: String..., row: Int) throws -> String {
    guard let text = columns.lazy.compactMap({ rows[row][$0] }).first else {
      throw EvaluationError.missingColumn(path: path, row: row, columns: columns)
    }
    return text
  }

  /// A column that holds a JSON list of texts; nil where the row has none.
  ///
  /// - Throws: `EvaluationError.notAList`
  func texts(_ column: String, row: Int) throws -> [String]? {
    guard let text = rows[row][column] else { return nil }
    guard let list = try? JSON.parse(text, source: column).arrayValue,
      case let texts = list.compactMap({ $0.stringValue ?? ($0.intValue.map { "\($0)" }) }),
      texts.count == list.count, !texts.isEmpty
    else { throw EvaluationError.notAList(path: path, row: row, column: column) }
    return texts
  }
}
