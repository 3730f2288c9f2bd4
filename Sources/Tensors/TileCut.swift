/// How a result matrix is cut into tiles of much the same size, enough of them to keep all threads busy.
///
/// For products whose elements are summed alike however they are cut.
struct TileCut {
  private let rows: Int
  private let columns: Int
  private let rowLength: Int
  let columnLength: Int
  private let across: Int
  let count: Int

  /// Tiles of at most `rowLimit` × `columnLimit`; lengths of columns are multiples of `columnStep`.
  init(rows: Int, columns: Int, rowLimit: Int = .max, columnLimit: Int, columnStep: Int, threads: Int) {
    func columnLength(_ across: Int) -> Int {
      ((columns + across - 1) / across + columnStep - 1) / columnStep * columnStep
    }
    func pieces(_ extent: Int, _ length: Int) -> Int { (extent + length - 1) / length }
    let limit = max(columnStep, columnLimit / columnStep * columnStep)
    var parts = pieces(columns, limit)
    // An even number shares out evenly over two threads, or four.
    if parts > 1, parts % 2 == 1, columnLength(parts + 1) < columnLength(parts) { parts += 1 }
    let wanted = threads == 1 ? 1 : 3 * threads
    let rowStep = 96
    var height = max(1, min(rows, rowLimit))
    while pieces(rows, height) * parts < wanted, height > rowStep {
      height = (height / 2 + rowStep - 1) / rowStep * rowStep
    }
    while pieces(rows, height) * parts < wanted, columnLength(parts) > 4 * columnStep { parts *= 2 }
    self.rows = rows
    self.columns = columns
    rowLength = height
    self.columnLength = columnLength(max(1, parts))
    across = pieces(columns, self.columnLength)
    count = rows == 0 ? 0 : pieces(rows, height) * across
  }

  /// The rows and columns of a tile.
  subscript(tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (down, right) = (tile / across * rowLength, tile % across * columnLength)
    return (down..<min(rows, down + rowLength), right..<min(columns, right + columnLength))
  }
}
