/// How a result matrix is cut into tiles: by its shape alone, so that results don't depend on the threads.
struct TileGrid {
  private let rows: Int
  private let columns: Int
  private let rowLength: Int
  private let columnLength: Int
  private let across: Int
  let count: Int

  /// Tiles of at most `rowLimit` × `columnLimit`, made smaller until there are enough for a handful of threads.
  ///
  /// They don't become smaller than 64 × 64, and lengths of columns stay multiples of 256 where `columnLimit`
  /// is one (so that they end where blocks of quantised weights do).
  init(rows: Int, columns: Int, rowLimit: Int = 1024, columnLimit: Int) {
    var (rowLength, columnLength) = (rowLimit, columnLimit)
    func tiles() -> Int {
      ((rows + rowLength - 1) / rowLength) * ((columns + columnLength - 1) / columnLength)
    }
    while tiles() < 8, rowLength > 64 { rowLength /= 2 }
    while tiles() < 8, columnLength > max(64, min(256, columnLimit)) { columnLength /= 2 }
    self.rows = rows
    self.columns = columns
    self.rowLength = rowLength
    self.columnLength = columnLength
    across = (columns + columnLength - 1) / columnLength
    count = rows == 0 ? 0 : tiles()
  }

  /// The rows and columns of a tile.
  subscript(tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (down, right) = (tile / across * rowLength, tile % across * columnLength)
    return (down..<min(rows, down + rowLength), right..<min(columns, right + columnLength))
  }
}
