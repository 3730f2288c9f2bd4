import Formats

/// One example as it is stored: a text for each column.
public struct DatasetRow: Sendable, Hashable {
  private var columns: [(name: String, text: String)] = []

  public init() {}

  public init(_ columns: KeyValuePairs<String, String>) {
    for (name, text) in columns { self[name] = text }
  }

  /// The text of a column; setting nil removes it.
  public subscript(_ name: String) -> String? {
    get { columns.first { $0.name == name }?.text }
    set {
      let place = columns.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let text?): columns[place].text = text
      case (let place?, nil): columns.remove(at: place)
      case (nil, let text?): columns.append((name, text))
      case (nil, nil): break
      }
    }
  }

  /// The names of the columns, in the order in which they were set.
  public var columnNames: [String] { columns.map(\.name) }

  /// The messages of a row of conversations; nil when there are none.
  ///
  /// - Throws: `FormatsError.json` when the column holds no JSON.
  public func messages(source: String) throws -> [JSON]? {
    try self["messages"].flatMap { try JSON.parse($0, source: source).arrayValue }
  }

  /// A number that only equal rows are sure to share; the same on every machine.
  ///
  /// - Parameter count: how many columns it is made of, from the first; nil for all.
  func contentHash(seed: UInt64, ofColumns count: Int? = nil) -> UInt64 {
    var hash = mixedBits(seed)
    for (name, text) in columns.prefix(count ?? columns.count) {
      for part in [name, text] {
        hash = part.utf8.reduce(mixedBits(hash)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
      }
    }
    return mixedBits(hash)
  }

  public static func == (left: DatasetRow, right: DatasetRow) -> Bool {
    left.columns.elementsEqual(right.columns) { $0 == $1 }
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(contentHash(seed: 0)) }
}
