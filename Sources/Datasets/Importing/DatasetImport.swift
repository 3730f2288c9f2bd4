import Formats
import Foundation

/// What to import, and how.
public struct ImportOptions: Sendable {
  /// The name of one of `Importers.names`.
  public var format: String
  /// For a column of the format, the field that holds it in the files.
  public var mapping: [String: String] = [:]
  /// The split that the rows go to.
  public var split = "train"
  /// The share of the rows that goes to the split `validation` instead.
  public var validationFraction = 0.0
  /// Which rows those are, together with what they say: equal rows stay on one side.
  public var seed: UInt64 = 0
  /// Leaves out records that can't be read, rather than refusing all of them.
  public var skipsBadRecords = false
  /// Adds to a dataset that is there, rather than replacing it.
  public var extendsExisting = false
  /// How text files are cut into documents.
  public var documents = DocumentUnit.file
  /// Under which terms the data may be used.
  public var license = ""

  public init(format: String) { self.format = format }

  /// Reads a mapping as the command line has it: `column=field`.
  public static func mapping(_ text: String) throws -> (column: String, field: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw DatasetError.invalidMapping(text)
    }
    return (parts[0], parts[1])
  }
}

/// What an import did.
public struct ImportReport: Sendable {
  /// The rows written to each split.
  public var rowCounts: [(split: String, rows: Int)] = []
  /// How many records were left out, and what was wrong with the first few.
  public var skippedCount = 0
  public var skipped: [(path: String, problem: RecordProblem)] = []
  /// What tokenising did; nil when the rows weren't tokenised.
  public var tokenization: TokenizationReport?
}

/// Turns files of many formats into one dataset.
public struct DatasetImport {
  private let importer: any Importer.Type
  private let options: ImportOptions
  private let renderer: ExampleRenderer?
  private var report = ImportReport()
  private var badRecords: [RecordProblem] = []
  private var badRecordCount = 0

  /// How many bad records are described, before the others are only counted.
  static let describedProblems = 10

  private init(_ importer: any Importer.Type, _ options: ImportOptions, _ renderer: ExampleRenderer?) {
    self.importer = importer
    self.options = options
    self.renderer = renderer
    report.tokenization = renderer.map { _ in TokenizationReport() }
  }

  /// Imports `inputs`, one after another, into the dataset at `output`, which appears when all went well.
  ///
  /// - Parameters:
  ///   - renderer: tokenises the rows then and there; nil stores their texts only.
  ///   - progress: is told now and then how many rows were read.
  /// - Throws: `DatasetError.badRecords` with every problem of a file, unless such records are skipped.
  public static func run(
    inputs: [String], output: String, options: ImportOptions, renderer: ExampleRenderer? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws -> ImportReport {
    let importer = try Importers.named(options.format)
    try check(options, importer)
    if renderer != nil, importer.kind == .preference { throw DatasetError.pairsAreNotTokenized }
    var run = DatasetImport(importer, options, renderer)
    try withoutActuallyEscaping(progress) { progress in
      let body: (DatasetWriter) throws -> Void = { writer in
        for path in inputs { try run.read(path, into: writer, progress) }
        run.report.rowCounts = writer.rowCounts
      }
      if options.extendsExisting, FileManager.default.fileExists(atPath: output) {
        try DatasetWriter.extend(output, kind: importer.kind, tokenization: renderer?.tokenization, body)
      } else {
        let source = inputs.map { URL(fileURLWithPath: $0).lastPathComponent }.joined(separator: " ")
        let description = DatasetDescription(kind: importer.kind, source: source, license: options.license)
        try DatasetWriter.create(at: output, description, tokenization: renderer?.tokenization, body)
      }
    }
    return run.report
  }

  private static func check(_ options: ImportOptions, _ importer: any Importer.Type) throws {
    for column in options.mapping.keys.sorted() where !importer.columns.contains(column) {
      throw DatasetError.unknownColumn(column, format: importer.name, columns: importer.columns)
    }
    guard (0..<1).contains(options.validationFraction) else {
      throw DatasetError.invalidFraction(options.validationFraction)
    }
    guard DatasetLayout.canNameSplit(options.split) else { throw DatasetError.invalidSplit(options.split) }
  }

  // MARK: - One file

  private mutating func read(_ path: String, into writer: DatasetWriter, _ progress: (Int) -> Void) throws {
    let input = try InputFile(
      path: path, format: importer.name, documents: importer.kind == .text ? options.documents : nil)
    var recordCount = 0
    (badRecords, badRecordCount) = ([], 0)
    try input.forEachRecord { line, object in
      recordCount += 1
      switch result(of: object) {
      case .failure(let problem): note(problem, path: path, line: line)
      // After a bad record nothing will be kept: the rest is read for its problems only.
      case .success where badRecordCount > 0 && !options.skipsBadRecords: break
      case .success(let (row, tokens)): try write(row, tokens, to: writer, progress)
      }
    }
    guard recordCount > 0 else { throw DatasetError.noRecords(path: path) }
    guard badRecordCount == 0 || options.skipsBadRecords else {
      throw DatasetError.badRecords(path: path, badRecords, total: badRecordCount)
    }
  }

  private func result(
    of object: Result<JSONObject, RecordProblem>
  ) -> Result<(DatasetRow, TokenizedExample?), RecordProblem> {
    Result { () throws(RecordProblem) in try row(of: object.get()) }
  }

  private func row(of object: JSONObject) throws(RecordProblem) -> (DatasetRow, TokenizedExample?) {
    var record = Record(object, mapping: options.mapping)
    var row = try importer.row(from: &record)
    for (field, text) in record.remainder where !text.isEmpty {
      let name = Self.columnName(field)
      // A column of ours keeps its name, a field that happens to be called the same gives way.
      row[row[name] == nil ? name : "original_\(name)"] = text
    }
    for name in row.columnNames where row[name]?.utf8.contains(0) == true {
      throw RecordProblem("the column \"\(name)\" has a NUL character, which HDF5 can't store")
    }
    guard let renderer else { return (row, nil) }
    do throws(RenderingProblem) {
      return (row, try renderer.example(row, kind: importer.kind))
    } catch {
      throw RecordProblem(error.text, advice: error.advice)
    }
  }

  /// The name of a column for a field: HDF5 separates names by slashes.
  private static func columnName(_ field: String) -> String {
    let name = field.replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "\0", with: "_")
    return name.isEmpty || name == "." ? "_" : name
  }

  private mutating func note(_ problem: RecordProblem, path: String, line: Int) {
    var problem = problem
    problem.line = problem.line ?? line
    badRecordCount += 1
    if badRecords.count < Self.describedProblems { badRecords.append(problem) }
    guard options.skipsBadRecords else { return }
    report.skippedCount += 1
    if report.skipped.count < Self.describedProblems { report.skipped.append((path, problem)) }
  }

  private mutating func write(
    _ row: DatasetRow, _ tokens: TokenizedExample?, to writer: DatasetWriter, _ progress: (Int) -> Void
  ) throws {
    try writer.append(row, split: split(of: row), tokens: tokens)
    if let tokens { report.tokenization?.count(tokens) }
    let total = writer.rowCounts.reduce(0) { $0 + $1.rows }
    if total % 512 == 0 { progress(total) }
  }

  private func split(of row: DatasetRow) -> String {
    guard options.validationFraction > 0 else { return options.split }
    let share = Double(row.contentHash(seed: options.seed) >> 11) / Double(1 << 53)
    return share < options.validationFraction ? "validation" : options.split
  }
}
