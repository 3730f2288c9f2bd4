import Foundation
import Tensors

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
  /// Whether another dataset was there, which is gone now.
  public var hasReplaced = false
}

/// Turns files of many formats into one dataset.
public struct DatasetImport {
  private let reader: RowReader
  private let options: ImportOptions
  private let pool: ThreadPool
  private var report = ImportReport()
  private var badRecords: [RecordProblem] = []
  private var badRecordCount = 0

  /// How many bad records are described, before the others are only counted.
  static let describedProblems = 10

  /// How many records are read, and their rows made by all threads, before the rows are written in their order.
  private static let batch = 1024

  private init(_ reader: RowReader, _ options: ImportOptions, _ pool: ThreadPool) {
    self.reader = reader
    self.options = options
    self.pool = pool
    report.tokenization = reader.renderer.map { _ in TokenizationReport() }
  }

  /// Imports `inputs`, one after another, into the dataset at `output`, which appears when all went well.
  ///
  /// - Parameters:
  ///   - renderer: tokenises the rows then and there; nil stores their texts only.
  ///   - pool: what rows are made on; the dataset is the same for any number of threads.
  ///   - progress: is told now and then how many rows were read.
  /// - Throws: `DatasetError.badRecords` with every problem of a file, unless such records are skipped.
  public static func run(
    inputs: [String], output: String, options: ImportOptions, renderer: ExampleRenderer? = nil,
    pool: ThreadPool = ThreadPool(), progress: (Int) -> Void = { _ in }
  ) throws -> ImportReport {
    let importer = try Importers.named(options.format)
    try check(options, importer)
    if renderer != nil, importer.kind == .preference { throw DatasetError.pairsAreNotTokenized }
    let reader = RowReader(importer: importer, mapping: options.mapping, renderer: renderer)
    var run = DatasetImport(reader, options, pool)
    let isThere = FileManager.default.fileExists(atPath: output)
    run.report.hasReplaced = isThere && !options.extendsExisting
    try withoutActuallyEscaping(progress) { progress in
      let body: (DatasetWriter) throws -> Void = { writer in
        for path in inputs { try run.read(path, into: writer, progress) }
        run.report.rowCounts = writer.rowCounts
        if writer.rowCounts.isEmpty, let first = run.report.skipped.first {
          throw DatasetError.noReadableRecord(
            path: first.path, first.problem, total: run.report.skippedCount)
        }
      }
      if isThere, options.extendsExisting {
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
    let importer = reader.importer
    let input = try InputFile(
      path: path, format: importer.name, documents: importer.kind == .text ? options.documents : nil)
    var recordCount = 0
    (badRecords, badRecordCount) = ([], 0)
    var waiting: [InputRecord] = []
    try input.forEachRecord { record in
      waiting.append(record)
      recordCount += 1
      guard waiting.count == Self.batch else { return }
      try write(waiting, from: path, to: writer, progress)
      waiting.removeAll(keepingCapacity: true)
    }
    try write(waiting, from: path, to: writer, progress)
    guard recordCount > 0 else { throw DatasetError.noRecords(path: path) }
    guard badRecordCount == 0 || options.skipsBadRecords else {
      throw DatasetError.badRecords(path: path, badRecords, total: badRecordCount)
    }
  }

  /// Makes rows of records on all threads and writes them in the records' order.
  private mutating func write(
    _ records: [InputRecord], from path: String, to writer: DatasetWriter, _ progress: (Int) -> Void
  ) throws {
    let reader = reader
    let rows = pool.map(records) { record in Result { try reader.row(of: record) } }
    for (record, row) in zip(records, rows) {
      switch try row.get() {
      case .failure(let problem): note(problem, path: path, line: record.line)
      // After a bad record nothing will be kept: the rest is read for its problems only.
      case .success where badRecordCount > 0 && !options.skipsBadRecords: break
      case .success(let imported): try write(imported, to: writer, progress)
      }
    }
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
    _ imported: ImportedRow, to writer: DatasetWriter, _ progress: (Int) -> Void
  ) throws {
    try writer.append(imported.row, split: split(of: imported), tokens: imported.tokens)
    if let tokens = imported.tokens { report.tokenization?.count(tokens) }
    let total = writer.rowCounts.reduce(0) { $0 + $1.rows }
    if total % 512 == 0 { progress(total) }
  }

  /// The split of a row, decided by the columns that its format makes.
  ///
  /// A number that each row has for itself would bring rows that say the same to both sides.
  private func split(of imported: ImportedRow) -> String {
    guard options.validationFraction > 0 else { return options.split }
    let hash = imported.row.contentHash(seed: options.seed, ofColumns: imported.ownColumns)
    let share = Double(hash >> 11) / Double(1 << 53)
    return share < options.validationFraction ? "validation" : options.split
  }
}
