import Formats

/// A row that was made of a record.
struct ImportedRow {
  let row: DatasetRow
  /// How many of its columns, from the first, the format makes; the others are fields that it doesn't read.
  let ownColumns: Int
  /// nil where texts only are stored.
  let tokens: TokenizedExample?
}

/// Makes rows, and their tokens, of a file's records; any number of threads may do so at once.
struct RowReader {
  let importer: any Importer.Type
  let mapping: [String: String]
  /// nil where texts only are stored.
  let renderer: ExampleRenderer?

  /// A record's row, or what is wrong with it.
  ///
  /// - Throws: what the record can't be blamed for.
  func row(of record: InputRecord) throws -> Result<ImportedRow, RecordProblem> {
    let object = try record.object()
    return Result { () throws(RecordProblem) in try row(of: object.get()) }
  }

  private func row(of object: JSONObject) throws(RecordProblem) -> ImportedRow {
    var record = Record(object, mapping: mapping)
    var row = try importer.row(from: &record)
    let ownColumns = row.columnNames.count
    for (field, text) in record.remainder where !text.isEmpty {
      let name = Self.columnName(field)
      // A column of ours keeps its name, a field that happens to be called the same gives way.
      row[row[name] == nil ? name : "original_\(name)"] = text
    }
    for name in row.columnNames where row[name]?.utf8.contains(0) == true {
      throw RecordProblem("the column \"\(name)\" has a NUL character, which HDF5 can't store")
    }
    guard let renderer else { return ImportedRow(row: row, ownColumns: ownColumns, tokens: nil) }
    do throws(RenderingProblem) {
      let tokens = try renderer.example(row, kind: importer.kind)
      return ImportedRow(row: row, ownColumns: ownColumns, tokens: tokens)
    } catch {
      throw RecordProblem(error.text, advice: error.advice)
    }
  }

  /// The name of a column for a field: HDF5 separates names by slashes.
  private static func columnName(_ field: String) -> String {
    let name = field.replacing("/", with: "_").replacing("\0", with: "_")
    return name.isEmpty || name == "." ? "_" : name
  }
}
