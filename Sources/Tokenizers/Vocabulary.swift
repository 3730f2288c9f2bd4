/// The number of a token in a vocabulary.
public typealias TokenID = UInt32

/// The pieces of a vocabulary by identifier, and identifiers by piece; pieces as they are written in the file.
struct Vocabulary: Sendable {
  private var table: ByteStringTable
  /// The identifier of each of the table's strings.
  private var identifiers: [TokenID] = []
  /// The table's index of each identifier, or -1 for an identifier without a piece.
  private var entries: [Int32] = []

  /// An empty vocabulary with room for some pieces.
  init(minimumCapacity: Int = 0) {
    table = ByteStringTable(minimumCapacity: minimumCapacity)
  }

  /// One more than the largest identifier.
  var count: Int { entries.count }

  /// Gives an identifier a piece; a piece that has an identifier already keeps it for lookups.
  mutating func insert(_ piece: Span<UInt8>, as id: TokenID) {
    let (index, isNew) = table.insert(piece)
    if isNew { identifiers.append(id) }
    while entries.count <= Int(id) { entries.append(-1) }
    entries[Int(id)] = Int32(index)
  }

  /// Gives an identifier a piece.
  mutating func insert(_ piece: String, as id: TokenID) {
    insert(Array(piece.utf8).span, as: id)
  }

  /// The piece of an identifier, or nil when it has none.
  subscript(id: TokenID) -> ArraySlice<UInt8>? {
    guard Int(id) < entries.count, entries[Int(id)] >= 0 else { return nil }
    return table[Int(entries[Int(id)])]
  }

  /// The identifier of a piece.
  func id(of piece: Span<UInt8>) -> TokenID? {
    table.index(of: piece).map { identifiers[$0] }
  }

  /// The identifier of a piece.
  func id(of piece: String) -> TokenID? { id(of: Array(piece.utf8).span) }
}
