import Formats
import Foundation

/// What a dataset says about itself.
public struct DatasetDescription: Sendable, Hashable {
  /// What the rows are.
  public var kind: DatasetKind
  /// Where they come from.
  public var source: String
  /// Under which terms; empty when nobody said.
  public var license: String
  /// When the file was made (ISO 8601).
  public var created: String

  public init(kind: DatasetKind, source: String, license: String = "", created: Date = Date()) {
    self.kind = kind
    self.source = source
    self.license = license
    self.created = created.formatted(.iso8601)
  }
}

/// Fills a dataset, split by split and row by row.
///
/// The file appears under its name when everything is written, and not at all when something fails:
///
///     try DatasetWriter.create(at: "data.h5", description) { writer in
///       try writer.append(row, split: "train")
///     }
public final class DatasetWriter {
  private let path: String
  private let kind: DatasetKind
  private let tokenization: Tokenization?
  private let root: HDF5Group
  private var splits: [(name: String, writer: SplitWriter)] = []

  private init(
    _ root: consuming HDF5Group, path: String, kind: DatasetKind, tokenization: Tokenization?
  ) {
    self.root = root
    self.path = path
    self.kind = kind
    self.tokenization = tokenization
  }

  /// Makes the dataset at `path`, replacing a dataset (and nothing else) that was there.
  ///
  /// - Parameter tokenization: how the rows' tokens are made; nil for a dataset of texts only.
  public static func create(
    at path: String, _ description: DatasetDescription, tokenization: Tokenization? = nil,
    _ body: (DatasetWriter) throws -> Void
  ) throws {
    if FileManager.default.fileExists(atPath: path) { _ = try Dataset(path: path) }
    try HDF5File.create(at: path) { file in
      let root = try file.root.group("")
      try root.setAttribute("format", to: .string(DatasetLayout.format))
      try root.setAttribute("version", to: .integer(DatasetLayout.version))
      try root.setAttribute("kind", to: .string(description.kind.rawValue))
      try root.setAttribute("source", to: .string(description.source))
      try root.setAttribute("license", to: .string(description.license))
      try root.setAttribute("created", to: .string(description.created))
      try fill(root, path, description.kind, tokenization, body)
    }
  }

  /// Adds splits to the dataset at `path`, which must hold rows of the same kind.
  public static func extend(
    _ path: String, kind: DatasetKind, tokenization: Tokenization? = nil,
    _ body: (DatasetWriter) throws -> Void
  ) throws {
    let existing = try Dataset(path: path)
    guard existing.kind == kind else {
      throw DatasetError.otherKind(path: path, found: existing.kind, expected: kind)
    }
    try HDF5File.update(path) { file in
      try fill(try file.root.group(""), path, kind, tokenization, body)
    }
  }

  private static func fill(
    _ root: consuming HDF5Group, _ path: String, _ kind: DatasetKind, _ tokenization: Tokenization?,
    _ body: (DatasetWriter) throws -> Void
  ) throws {
    let writer = DatasetWriter(root, path: path, kind: kind, tokenization: tokenization)
    try body(writer)
    for split in writer.splits { try split.writer.flush() }
  }

  /// Adds a row to a split, which is made when it gets its first one.
  ///
  /// - Parameter tokens: the row's tokens, exactly when the dataset is tokenised.
  public func append(_ row: DatasetRow, split: String, tokens: TokenizedExample? = nil) throws {
    precondition((tokens != nil) == (tokenization != nil), "tokens for every row or for none")
    try writer(split).append(row, tokens: tokens)
  }

  /// The number of rows in each split so far.
  public var rowCounts: [(split: String, rows: Int)] { splits.map { ($0.name, $0.writer.rowCount) } }

  private func writer(_ name: String) throws -> SplitWriter {
    if let split = splits.first(where: { $0.name == name }) { return split.writer }
    guard DatasetLayout.canNameSplit(name) else { throw DatasetError.invalidSplit(name) }
    guard try !root.has(name) else { throw DatasetError.splitExists(path: path, name) }
    let writer = try SplitWriter(
      try root.createGroup(name), path: path, kind: kind, tokenization: tokenization)
    splits.append((name, writer))
    return writer
  }
}
