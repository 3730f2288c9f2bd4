/// Plain documents: the `text` of JSON records, or text files as they are.
enum TextImporter: Importer {
  static let name = "text"
  static let summary = "text files, one document each, or records with text"
  static let kind = DatasetKind.text
  static let columns = ["text"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    DatasetRow(["document": try record.requiredText("text", "document", "content")])
  }
}
