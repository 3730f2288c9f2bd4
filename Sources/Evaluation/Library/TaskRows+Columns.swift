import Datasets

extension TaskRows {
  /// The same rows under the columns that a task reads, each filled in from the row's own: how a data set of any make is
  /// asked about without code.
  ///
  /// - Parameter forms: By the column that the task reads, a text with `{column}`s of the data set.
  /// - Throws: `EvaluationError.missingColumn` for a column that a row hasn't.
  public func mapped(_ forms: [String: TextForm]) throws -> TaskRows {
    let rows = try rows.enumerated().map { index, row in
      var mapped = row
      for (column, form) in forms.sorted(by: { $0.key < $1.key }) {
        var values: [String: String] = [:]
        for name in form.names {
          guard let text = row[name] else {
            throw EvaluationError.missingColumn(
              path: path, row: index, columns: [name], found: row.columnNames)
          }
          values[name] = text
        }
        mapped[column] = form.filled(values)
      }
      return mapped
    }
    return TaskRows(path: path, rows: rows)
  }
}
