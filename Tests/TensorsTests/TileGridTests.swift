import Testing

@testable import Tensors

struct TileGridTests {
  @Test(arguments: [(1, 1), (1, 513), (63, 65), (1025, 1023), (4096, 128)])
  func tilesCoverEveryElementOnce(rows: Int, columns: Int) {
    var seen = [Int](repeating: 0, count: rows * columns)
    let grid = TileGrid(rows: rows, columns: columns, columnLimit: 256)
    for tile in 0..<grid.count {
      let part = grid[tile]
      #expect(part.columns.lowerBound % 256 == 0)
      for row in part.rows { for column in part.columns { seen[row * columns + column] += 1 } }
    }
    #expect(seen.allSatisfy { $0 == 1 })
  }

  @Test func nothingNeedsNoTiles() { #expect(TileGrid(rows: 0, columns: 8, columnLimit: 256).count == 0) }
}
