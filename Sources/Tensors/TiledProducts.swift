/// A factor of a tile's product as it lies in memory: row-major, perhaps to be read transposed.
struct TileFactor {
  let elements: UnsafePointer<Float>
  /// From row to row as stored.
  let stride: Int
  var isTransposed = false
}

/// One tile's product: `result (+)= left [rows, depth] · right [depth, columns]`.
struct TileProduct {
  let rows: Int
  let columns: Int
  let depth: Int
  let left: TileFactor
  let right: TileFactor
  let result: UnsafeMutablePointer<Float>
  /// From row to row of the result.
  let stride: Int
  let adding: Bool
}

/// The three products of a linear layer in float32, cut into tiles.
///
/// Weights of other types are decoded tile by tile, so that quantised ones stay so in memory.
struct TiledProducts: Sendable {
  /// Multiplies one tile in the calling thread.
  private let multiplyTile: @Sendable (TileProduct) -> Void
  private let scratch = Scratch()
  private let fewRows = FewRowsProduct(.fp32)
  /// How many rows of a weight are decoded at once, going along its rows.
  private let decodedRows = 256

  init(_ multiplyTile: @escaping @Sendable (TileProduct) -> Void) { self.multiplyTile = multiplyTile }

  /// `y (+)= x · Wᵀ`: x [rows, in], weight [out, in], y [rows, out].
  func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, weight.columns, weight.rows)
    precondition(x.columns == input && y.rows == rows && y.columns == output)
    if rows <= FewRowsProduct.rowLimit {
      return fewRows.multiply(x, transposed: [(weight, y)], adding: adding, with: compute)
    }
    compute.run { pool in
      let (from, to) = (x.floats, y.floats)
      let isStored = weight.elementType == .float32
      let grid = TileGrid(rows: rows, columns: output, columnLimit: isStored ? 512 : 128)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        withPart(of: weight, rows: columns, columns: 0..<input) { part in
          multiplyTile(
            TileProduct(
              rows: rows.count, columns: columns.count, depth: input,
              left: TileFactor(elements: from + rows.lowerBound * input, stride: input),
              right: TileFactor(elements: part.elements, stride: part.stride, isTransposed: true),
              result: to + rows.lowerBound * output + columns.lowerBound, stride: output, adding: adding))
        }
      }
    }
  }

  /// `y = x · Wᵀ` for each of several weights that share x [rows, in].
  func multiply(_ x: Tensor, transposed factors: [(weight: Tensor, y: Tensor)], with compute: Compute) {
    if x.rows <= FewRowsProduct.rowLimit { return fewRows.multiply(x, transposed: factors, with: compute) }
    for (weight, y) in factors { multiply(x, transposed: weight, into: y, adding: false, with: compute) }
  }

  /// `dx (+)= dy · W`: dy [rows, out], weight [out, in], dx [rows, in].
  func multiply(_ dy: Tensor, _ weight: Tensor, into dx: Tensor, adding: Bool, with compute: Compute) {
    let (rows, input, output) = (dy.rows, weight.columns, weight.rows)
    precondition(dy.columns == output && dx.rows == rows && dx.columns == input)
    compute.run { pool in
      let (from, to) = (dy.floats, dx.floats)
      let isStored = weight.elementType == .float32
      let depth = isStored ? output : decodedRows
      // 256 columns are a whole number of blocks, whatever the weight's type.
      let grid = TileGrid(rows: rows, columns: input, columnLimit: 256)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        for start in stride(from: 0, to: output, by: depth) {
          let outputs = start..<min(output, start + depth)
          withPart(of: weight, rows: outputs, columns: columns) { part in
            multiplyTile(
              TileProduct(
                rows: rows.count, columns: columns.count, depth: outputs.count,
                left: TileFactor(elements: from + rows.lowerBound * output + start, stride: output),
                right: part, result: to + rows.lowerBound * input + columns.lowerBound, stride: input,
                adding: adding || start > 0))
          }
        }
      }
    }
  }

  /// `dW (+)= dyᵀ · x`: dy [rows, out], x [rows, in], dW [out, in].
  func multiply(
    transposed dy: Tensor, _ x: Tensor, into dW: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, x.columns, dy.columns)
    precondition(dy.rows == rows && dW.rows == output && dW.columns == input)
    compute.run { pool in
      let (gradient, activation, to) = (dy.floats, x.floats, dW.floats)
      let grid = TileGrid(rows: output, columns: input, rowLimit: 512, columnLimit: 512)
      pool.forEachTile(grid.count) { tile in
        let (outputs, inputs) = grid[tile]
        multiplyTile(
          TileProduct(
            rows: outputs.count, columns: inputs.count, depth: rows,
            left: TileFactor(elements: gradient + outputs.lowerBound, stride: output, isTransposed: true),
            right: TileFactor(elements: activation + inputs.lowerBound, stride: input),
            result: to + outputs.lowerBound * input + inputs.lowerBound, stride: input, adding: adding))
      }
    }
  }

  /// Part of a weight in float32: where it lies, or decoded into scratch memory.
  private func withPart(
    of weight: Tensor, rows: Range<Int>, columns: Range<Int>, _ body: (TileFactor) -> Void
  ) {
    if weight.elementType == .float32 {
      let first = weight.floats + rows.lowerBound * weight.columns + columns.lowerBound
      return body(TileFactor(elements: first, stride: weight.columns))
    }
    scratch.withElements(rows.count * columns.count, of: Float.self) { decoded in
      if columns.count == weight.columns {
        weight.dequantize(row: rows.lowerBound, count: rows.count * columns.count, into: decoded)
      } else {
        for row in rows {
          weight.dequantize(
            row: row, column: columns.lowerBound, count: columns.count,
            into: decoded + (row - rows.lowerBound) * columns.count)
        }
      }
      body(TileFactor(elements: decoded, stride: columns.count))
    }
  }
}
