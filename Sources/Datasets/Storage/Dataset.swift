import Formats

/// A dataset in its file: rows and tokens are read when they are asked for.
public final class Dataset: Sendable {
  /// The file.
  public let path: String
  /// What the rows are.
  public let kind: DatasetKind
  /// Where they come from, under which terms, and when the file was made.
  public let source: String
  public let license: String
  public let created: String
  /// The names of the splits; `train` first.
  public let splits: [String]

  private let file: HDF5File

  /// Opens a dataset.
  ///
  /// - Throws: `FormatsError` for a file that is torn; `DatasetError` for one that is missing or isn't ours.
  public init(path: String) throws {
    file = try Dataset.openFile(path)
    self.path = path
    guard try file.root.string("format") == DatasetLayout.format else {
      throw DatasetError.notADataset(
        path: path, "its root has no attribute format=\"\(DatasetLayout.format)\"")
    }
    let version = try file.root.attribute("version")?.intValue ?? 0
    guard version == DatasetLayout.version else { throw DatasetError.unsupportedVersion(path: path, version) }
    let kindName = try file.root.string("kind") ?? ""
    guard let kind = DatasetKind(rawValue: kindName) else {
      throw DatasetError.notADataset(path: path, "there is no kind \"\(kindName)\"")
    }
    self.kind = kind
    source = try file.root.string("source") ?? ""
    license = try file.root.string("license") ?? ""
    created = try file.root.string("created") ?? ""
    let names = try file.root.names
    splits = DatasetLayout.splits.filter(names.contains) + names.filter { !DatasetLayout.splits.contains($0) }
  }

  private static func openFile(_ path: String) throws -> HDF5File {
    do {
      return try HDF5File(path: path)
    } catch FormatsError.noSuchFile {
      throw DatasetError.noSuchDataset(path: path)
    } catch FormatsError.hdf5(_, _, _, .notHDF5) {
      throw DatasetError.notADataset(path: path, "not an HDF5 file")
    }
  }

  // MARK: - Rows

  /// The names of a split's columns: the kind's own first.
  public func columnNames(split: String) throws -> [String] {
    let names = try texts(split).names
    guard let missing = kind.requiredColumns.first(where: { !names.contains($0) }) else {
      return kind.requiredColumns + names.filter { !kind.requiredColumns.contains($0) }
    }
    throw DatasetError.inconsistent(path: path, "the split \(split) has no column \(missing)")
  }

  /// The number of examples in a split.
  public func rowCount(split: String) throws -> Int {
    try texts(split).dataset(kind.requiredColumns[0]).rowCount
  }

  /// Some rows of a split, or all; a column that is empty in a row is left out of it.
  public func rows(_ range: Range<Int>? = nil, split: String) throws -> [DatasetRow] {
    let range = try range ?? 0..<rowCount(split: split)
    let group = try texts(split)
    var rows = [DatasetRow](repeating: DatasetRow(), count: range.count)
    for name in try columnNames(split: split) {
      let texts = try group.dataset(name).readTexts(rows: range)
      for (index, text) in texts.enumerated() where !text.isEmpty || kind.requiredColumns.contains(name) {
        rows[index][name] = text
      }
    }
    return rows
  }

  /// Hands all rows of a split to `body`, reading some hundreds at a time.
  public func forEachRow(split: String, _ body: (_ index: Int, DatasetRow) throws -> Void) throws {
    try forEachStretch(split: split) { start, rows in
      for (index, row) in rows.enumerated() { try body(start + index, row) }
    }
  }

  /// Hands all rows of a split to `body`, some hundreds at a time, with the index of their first.
  func forEachStretch(split: String, _ body: (_ start: Int, [DatasetRow]) throws -> Void) throws {
    let count = try rowCount(split: split)
    for start in stride(from: 0, to: count, by: 512) {
      try body(start, try rows(start..<min(start + 512, count), split: split))
    }
  }

  // MARK: - Tokens

  /// How a split's tokens were made; nil when it has none.
  public func tokenization(split: String) throws -> Tokenization? {
    try holdsTokens(split) ? group(split).group(DatasetLayout.tokens).readTokenization() : nil
  }

  /// The tokens of all examples of a split.
  public func tokens(split: String) throws -> TokenizedExamples {
    guard try holdsTokens(split) else { throw DatasetError.notTokenized(path: path, split: split) }
    let tokens = try group(split).group(DatasetLayout.tokens)
    let offsets = try tokens.dataset("offsets").read(Int64.self).map { Int($0) }
    let ids = try tokens.dataset("ids").read(UInt32.self)
    let mask = try tokens.dataset("mask").read(UInt8.self)
    let rises = zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
    guard rises, offsets.first == 0, offsets.last == ids.count, mask.count == ids.count else {
      throw DatasetError.inconsistent(path: path, "the tokens of \(split) don't fit their offsets")
    }
    guard try offsets.count == rowCount(split: split) + 1 else {
      throw DatasetError.inconsistent(
        path: path, "the split \(split) hasn't as many tokenised examples as rows")
    }
    guard mask.allSatisfy({ $0 <= 1 }) else {
      throw DatasetError.inconsistent(path: path, "the mask of \(split) has values other than 0 and 1")
    }
    return TokenizedExamples(ids: ids, mask: mask, offsets: offsets)
  }

  /// Whether a split's rows are tokenised; of preference pairs only what a reference finds is kept beside tokens.
  private func holdsTokens(_ split: String) throws -> Bool {
    let group = try group(split)
    return try group.has(DatasetLayout.tokens) && group.group(DatasetLayout.tokens).has("ids")
  }

  private func texts(_ split: String) throws -> HDF5Group { try group(split).group(DatasetLayout.text) }

  /// The group of a split.
  func group(_ split: String) throws -> HDF5Group {
    guard splits.contains(split) else { throw DatasetError.noSuchSplit(path: path, split, splits: splits) }
    return try file.root.group(split)
  }
}
