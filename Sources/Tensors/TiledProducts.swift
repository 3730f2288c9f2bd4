/// A factor of a tile's product as it lies in memory: row-major, perhaps to be read transposed.
struct TileFactor<Element> {
  let elements: UnsafePointer<Element>
  /// From row to row as stored.
  let stride: Int
  var isTransposed = false
}

/// One tile's product: `result (+)= left [rows, depth] · right [depth, columns]`.
struct TileProduct<Element> {
  let rows: Int
  let columns: Int
  let depth: Int
  let left: TileFactor<Element>
  let right: TileFactor<Element>
  let result: UnsafeMutablePointer<Float>
  /// From row to row of the result.
  let stride: Int
  let adding: Bool
}

/// What engines differ in: the format of the factors, and how one tile is multiplied.
protocol TileArithmetic: Sendable {
  associatedtype Element
  /// The format of `Element`.
  static var elementType: ElementType { get }

  /// Writes the elements of `tensor` from row `row`, column `column` on in this arithmetic's format.
  static func encode(
    _ tensor: Tensor, row: Int, column: Int, count: Int, into destination: UnsafeMutablePointer<Element>)

  /// Multiplies one tile in the calling thread, borrowing from `scratch`.
  func multiply(_ tile: TileProduct<Element>, scratch: Scratch)
}

/// The three products of a linear layer, cut into tiles for an arithmetic.
///
/// Activations and gradients that aren't in the arithmetic's format are converted whole, once; weights tile by
/// tile, so that quantised ones stay so in memory.
struct TiledProducts<Arithmetic: TileArithmetic>: Sendable {
  typealias Element = Arithmetic.Element

  let arithmetic: Arithmetic
  private let scratch = Scratch()
  private let fewRows = FewRowsProduct(.fp32)
  /// How many rows of a weight are decoded at once, going along its rows.
  private let decodedRows = 256

  init(_ arithmetic: Arithmetic) { self.arithmetic = arithmetic }

  /// `y (+)= x · Wᵀ`: x [rows, in], weight [out, in], y [rows, out].
  func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, weight.columns, weight.rows)
    precondition(x.columns == input && y.rows == rows && y.columns == output)
    if rows <= FewRowsProduct.rowLimit {
      return fewRows.multiply(x, transposed: [(weight, y)], adding: adding, with: compute)
    }
    let left = encoded(x, with: compute)
    compute.run { pool in
      let (from, to) = (elements(of: left), y.floats)
      let isStored = weight.elementType == Arithmetic.elementType
      let grid = TileGrid(rows: rows, columns: output, columnLimit: isStored ? 512 : 128)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        withPart(of: weight, rows: columns, columns: 0..<input) { part in
          arithmetic.multiply(
            TileProduct(
              rows: rows.count, columns: columns.count, depth: input,
              left: TileFactor(elements: from + rows.lowerBound * input, stride: input),
              right: TileFactor(elements: part.elements, stride: part.stride, isTransposed: true),
              result: to + rows.lowerBound * output + columns.lowerBound, stride: output, adding: adding),
            scratch: scratch)
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
    let left = encoded(dy, with: compute)
    compute.run { pool in
      let (from, to) = (elements(of: left), dx.floats)
      let isStored = weight.elementType == Arithmetic.elementType
      let depth = isStored ? output : decodedRows
      // 256 columns are a whole number of blocks, whatever the weight's type.
      let grid = TileGrid(rows: rows, columns: input, columnLimit: 256)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        for start in stride(from: 0, to: output, by: depth) {
          let outputs = start..<min(output, start + depth)
          withPart(of: weight, rows: outputs, columns: columns) { part in
            arithmetic.multiply(
              TileProduct(
                rows: rows.count, columns: columns.count, depth: outputs.count,
                left: TileFactor(elements: from + rows.lowerBound * output + start, stride: output),
                right: part, result: to + rows.lowerBound * input + columns.lowerBound, stride: input,
                adding: adding || start > 0),
              scratch: scratch)
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
    let (left, right) = (encoded(dy, with: compute), encoded(x, with: compute))
    compute.run { pool in
      let (gradient, activation, to) = (elements(of: left), elements(of: right), dW.floats)
      let grid = TileGrid(rows: output, columns: input, rowLimit: 512, columnLimit: 512)
      pool.forEachTile(grid.count) { tile in
        let (outputs, inputs) = grid[tile]
        arithmetic.multiply(
          TileProduct(
            rows: outputs.count, columns: inputs.count, depth: rows,
            left: TileFactor(elements: gradient + outputs.lowerBound, stride: output, isTransposed: true),
            right: TileFactor(elements: activation + inputs.lowerBound, stride: input),
            result: to + outputs.lowerBound * input + inputs.lowerBound, stride: input, adding: adding),
          scratch: scratch)
      }
    }
  }

  /// A tensor of activations in the arithmetic's format: itself, or a converted copy.
  private func encoded(_ tensor: Tensor, with compute: Compute) -> Tensor {
    if tensor.elementType == Arithmetic.elementType { return tensor }
    let copy = compute.arena.tensor(
      "factor", tensor.shape, elementType: Arithmetic.elementType, for: .workspace)
    compute.run { pool in
      let destination = copy.bytes.assumingMemoryBound(to: Element.self)
      let rowsPerTile = max(1, (1 << 15) / max(1, tensor.columns))
      pool.forEachRange(of: tensor.rows, length: rowsPerTile) { rows in
        Arithmetic.encode(
          tensor, row: rows.lowerBound, column: 0, count: rows.count * tensor.columns,
          into: destination + rows.lowerBound * tensor.columns)
      }
    }
    return copy
  }

  private func elements(of tensor: Tensor) -> UnsafePointer<Element> {
    UnsafePointer(tensor.bytes.assumingMemoryBound(to: Element.self))
  }

  /// Part of a weight in the arithmetic's format: where it lies, or decoded into scratch memory.
  private func withPart(
    of weight: Tensor, rows: Range<Int>, columns: Range<Int>, _ body: (TileFactor<Element>) -> Void
  ) {
    if weight.elementType == Arithmetic.elementType {
      let first = elements(of: weight) + rows.lowerBound * weight.columns + columns.lowerBound
      return body(TileFactor(elements: first, stride: weight.columns))
    }
    scratch.withElements(rows.count * columns.count, of: Element.self) { decoded in
      if columns.count == weight.columns {
        Arithmetic.encode(
          weight, row: rows.lowerBound, column: 0, count: rows.count * columns.count, into: decoded)
      } else {
        for row in rows {
          Arithmetic.encode(
            weight, row: row, column: columns.lowerBound, count: columns.count,
            into: decoded + (row - rows.lowerBound) * columns.count)
        }
      }
      body(TileFactor(elements: decoded, stride: columns.count))
    }
  }
}
