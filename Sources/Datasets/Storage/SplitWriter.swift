import Formats

/// Fills one split of a dataset row by row; memory holds a few thousand rows at most.
final class SplitWriter {
  private let path: String
  private let kind: DatasetKind
  private let texts: HDF5Group
  private var columns: [ColumnWriter] = []
  private var tokens: TokenWriter?
  private(set) var rowCount = 0

  private static let rowsInMemory = 2048

  /// - Parameter tokenization: how the rows' tokens are made; nil for a split without tokens.
  init(_ group: borrowing HDF5Group, path: String, kind: DatasetKind, tokenization: Tokenization?) throws {
    self.path = path
    self.kind = kind
    texts = try group.createGroup(DatasetLayout.text)
    tokens = try tokenization.map { try TokenWriter(group.createGroup(DatasetLayout.tokens), $0) }
    for name in kind.requiredColumns { columns.append(try ColumnWriter(texts, name)) }
  }

  /// Adds a row; a column that it lacks stays empty.
  func append(_ row: DatasetRow, tokens example: TokenizedExample?) throws {
    for name in row.columnNames where !columns.contains(where: { $0.name == name }) {
      guard columns.count < DatasetLayout.mostColumns else {
        throw DatasetError.tooManyColumns(path: path, limit: DatasetLayout.mostColumns)
      }
      let column = try ColumnWriter(texts, name)
      try column.fill(rows: rowCount)
      columns.append(column)
    }
    for column in columns { column.pending.append(row[column.name] ?? "") }
    if let example { try tokens?.append(example) }
    rowCount += 1
    if rowCount % Self.rowsInMemory == 0 { try flush() }
  }

  /// Writes what is still in memory.
  func flush() throws {
    for column in columns { try column.flush() }
    try tokens?.flush()
  }
}

/// One column of texts.
private final class ColumnWriter {
  let name: String
  var pending: [String] = []
  private let dataset: HDF5Dataset

  init(_ group: borrowing HDF5Group, _ name: String) throws {
    self.name = name
    dataset = try group.createTextDataset(name)
  }

  /// Adds empty rows, for a column that turns up late.
  func fill(rows: Int) throws {
    for start in stride(from: 0, to: rows, by: 65_536) {
      pending = Array(repeating: "", count: min(65_536, rows - start))
      if start + pending.count < rows { try flush() }
    }
  }

  func flush() throws {
    guard !pending.isEmpty else { return }
    try dataset.appendTexts(pending)
    pending.removeAll(keepingCapacity: true)
  }
}

/// The tokens of a split.
private final class TokenWriter {
  private let ids: HDF5Dataset
  private let mask: HDF5Dataset
  private let offsets: HDF5Dataset
  private var pending = TokenizedExamples()
  private var tokenCount = 0

  init(_ group: borrowing HDF5Group, _ tokenization: Tokenization) throws {
    ids = try group.createDataset("ids", of: UInt32.self)
    mask = try group.createDataset("mask", of: UInt8.self)
    offsets = try group.createDataset("offsets", of: Int64.self)
    try offsets.append([Int64(0)])
    try group.write(tokenization)
  }

  func append(_ example: TokenizedExample) throws {
    pending.append(example)
    if pending.ids.count >= 1 << 20 { try flush() }
  }

  func flush() throws {
    guard pending.count > 0 else { return }
    try ids.append(pending.ids)
    try mask.append(pending.mask)
    try offsets.append(pending.offsets.dropFirst().map { Int64(tokenCount + $0) })
    tokenCount += pending.ids.count
    pending = TokenizedExamples()
  }
}
