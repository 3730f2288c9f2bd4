import Formats
import Tokenizers

/// What a dataset holds, and whether a model can be tuned on it.
public struct DatasetInspection: Sendable {
  /// What one split holds.
  public struct Split: Sendable {
    /// The split's name.
    public let name: String
    /// The number of rows.
    public let examples: Int
    /// The columns.
    public let columns: [String]
    /// The bytes of the rows' main columns.
    public let textLengths: LengthSummary?
    /// What is known of the tokens; nil when the split has none.
    public let tokens: TokenInspection?
  }

  /// The file.
  public let path: String
  /// What the rows are.
  public let kind: DatasetKind
  /// Where they come from, and under which terms.
  public let source: String
  public let license: String
  /// The splits.
  public let splits: [Split]

  /// Looks through a dataset.
  ///
  /// - Parameter renderer: makes the tokens; nil takes those that the file has.
  public init(_ dataset: Dataset, renderer: ExampleRenderer? = nil) throws {
    path = dataset.path
    kind = dataset.kind
    source = dataset.source
    license = dataset.license
    splits = try dataset.splits.map { name in
      var lengths: [Int] = []
      try dataset.forEachRow(split: name) { _, row in
        lengths.append(dataset.kind.requiredColumns.reduce(0) { $0 + (row[$1]?.utf8.count ?? 0) })
      }
      return Split(
        name: name, examples: lengths.count, columns: try dataset.columnNames(split: name),
        textLengths: LengthSummary(lengths), tokens: try Self.tokens(of: name, in: dataset, renderer))
    }
  }

  private static func tokens(
    of split: String, in dataset: Dataset, _ renderer: ExampleRenderer?
  ) throws -> TokenInspection? {
    if let renderer {
      let examples = try dataset.tokens(split: split, renderer: renderer).examples
      return TokenInspection(examples, renderer.tokenization)
    }
    guard let tokenization = try dataset.tokenization(split: split) else { return nil }
    return TokenInspection(try dataset.tokens(split: split), tokenization)
  }

  /// Makes sure that a model tuned on the data learns to stop.
  ///
  /// - Throws: `DatasetError.stopTokenOutsideLoss` or `noWholeResponse` (65).
  public func checkStopTokens() throws {
    let tokens = splits.compactMap(\.tokens).filter { $0.learnsToStop != nil }
    let (responses, stopped) = tokens.reduce((0, 0)) { ($0.0 + $1.responses, $0.1 + $1.stoppedResponses) }
    let examples = tokens.reduce(0) { $0 + $1.examples }
    guard responses > 0 || examples == 0 else {
      throw DatasetError.noWholeResponse(path: path, examples: examples)
    }
    guard stopped == responses else {
      throw DatasetError.stopTokenOutsideLoss(path: path, responses: responses - stopped, of: responses)
    }
  }

  /// The inspection for other programs.
  public var json: JSON {
    var splits = JSONObject()
    for split in self.splits {
      var object: JSONObject = [
        "examples": .integer(split.examples), "tokens": .null, "loss_tokens": .null,
        "columns": .array(split.columns.map { .string($0) }), "bytes": split.textLengths?.json ?? .null,
      ]
      for (key, value) in split.tokens?.json ?? [:] { object[key] = value }
      splits[split.name] = .object(object)
    }
    return [
      "kind": .string(kind.rawValue), "splits": .object(splits), "source": .string(source),
      "license": .string(license),
    ]
  }

  /// The inspection for people.
  public var text: String {
    var lines = ["\(path): \(kind.rawValue) rows" + (source.isEmpty ? "" : " from \(source)")]
    if !license.isEmpty { lines.append("license: \(license)") }
    for split in splits {
      lines.append(
        "\(split.name): \(split.examples) examples, columns \(split.columns.joined(separator: ", "))")
      if let lengths = split.textLengths { lines.append("  bytes: \(lengths.text)") }
      lines += split.tokens?.lines.map { "  \($0)" } ?? ["  not tokenised"]
    }
    return lines.joined(separator: "\n")
  }
}
