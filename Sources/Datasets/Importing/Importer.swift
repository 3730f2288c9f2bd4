/// Turns the records of one kind of file into rows of a dataset.
///
/// A new format is one type in a file of its own, and one line in `Importers`.
protocol Importer: Sendable {
  /// What the format is called on the command line.
  static var name: String { get }
  /// What the format looks like, in one line of help.
  static var summary: String { get }
  /// What its rows are.
  static var kind: DatasetKind { get }
  /// The names that its records are read under, which a mapping may redirect.
  static var columns: [String] { get }

  /// The row of one record; fields that it leaves unread become columns of their own.
  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow
}

/// The formats that can be imported.
public enum Importers {
  static let all: [any Importer.Type] = [
    AlpacaImporter.self, ShareGPTImporter.self, MessagesImporter.self, PromptResponseImporter.self,
    PreferenceImporter.self, TextImporter.self, GSM8KImporter.self, MBPPImporter.self,
    HumanEvalImporter.self, OpenQuestionImporter.self, RealTimeQAImporter.self, TruthfulQAImporter.self,
  ]

  /// The names of all formats.
  public static var names: [String] { all.map { $0.name } }

  /// Name and one line of help for each format.
  public static var summaries: [(name: String, summary: String)] { all.map { ($0.name, $0.summary) } }

  static func named(_ name: String) throws -> any Importer.Type {
    guard let importer = all.first(where: { $0.name == name }) else { throw DatasetError.unknownFormat(name) }
    return importer
  }
}
