import COpenBLAS

/// Matrix products in float32, by OpenBLAS running one-threaded inside the pool's tiles.
public final class OpenBLASEngine: MatrixEngine {
  public let precision = Precision.fp32
  private let scratch = Scratch()

  public init() {
    // Global to the library; every engine sets the same.
    openblas_set_num_threads(1)
  }

  public func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, weight.columns, weight.rows)
    precondition(x.columns == input && y.rows == rows && y.columns == output)
    compute.run { pool in
      if rows <= FewRowsProduct.rowLimit {
        return FewRowsProduct.multiply(x, transposed: weight, into: y, adding: adding, on: pool)
      }
      let (from, to) = (x.floats, y.floats)
      let grid = TileGrid(
        rows: rows, columns: output, columnLimit: weight.elementType == .float32 ? 512 : 128)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        withRows(columns, of: weight) { part in
          gemm(
            rows.count, columns.count, input, from + rows.lowerBound * input, input, part, input,
            transposed: true, to + rows.lowerBound * output + columns.lowerBound, output, adding: adding)
        }
      }
    }
  }

  public func multiply(_ dy: Tensor, _ weight: Tensor, into dx: Tensor, adding: Bool, with compute: Compute) {
    let (rows, input, output) = (dy.rows, weight.columns, weight.rows)
    precondition(dy.columns == output && dx.rows == rows && dx.columns == input)
    compute.run { pool in
      let (from, to) = (dy.floats, dx.floats)
      // Columns of the weight are cut at blocks' borders: 256 is a whole number of every type's.
      let grid = TileGrid(rows: rows, columns: input, columnLimit: 256)
      pool.forEachTile(grid.count) { tile in
        let (rows, columns) = grid[tile]
        let (source, result) = (
          from + rows.lowerBound * output, to + rows.lowerBound * input + columns.lowerBound
        )
        if weight.elementType == .float32 {
          gemm(
            rows.count, columns.count, output, source, output, weight.floats + columns.lowerBound, input,
            transposed: false, result, input, adding: adding)
          return
        }
        let depth = 128
        scratch.withFloats(depth * columns.count) { part in
          for start in stride(from: 0, to: output, by: depth) {
            let taken = min(depth, output - start)
            for row in 0..<taken {
              weight.dequantize(
                row: start + row, column: columns.lowerBound, count: columns.count,
                into: part + row * columns.count)
            }
            gemm(
              rows.count, columns.count, taken, source + start, output, part, columns.count,
              transposed: false, result, input, adding: adding || start > 0)
          }
        }
      }
    }
  }

  public func multiply(
    transposed dy: Tensor, _ x: Tensor, into dW: Tensor, adding: Bool, with compute: Compute
  ) {
    let (rows, input, output) = (x.rows, x.columns, dy.columns)
    precondition(dy.rows == rows && dW.rows == output && dW.columns == input)
    compute.run { pool in
      let (left, right, to) = (dy.floats, x.floats, dW.floats)
      let grid = TileGrid(rows: output, columns: input, columnLimit: 512)
      pool.forEachTile(grid.count) { tile in
        let (outputs, inputs) = grid[tile]
        cblas_sgemm(
          CblasRowMajor, CblasTrans, CblasNoTrans, blasint(outputs.count), blasint(inputs.count),
          blasint(rows), 1, left + outputs.lowerBound, blasint(output), right + inputs.lowerBound,
          blasint(input), adding ? 1 : 0, to + outputs.lowerBound * input + inputs.lowerBound,
          blasint(input))
      }
    }
  }

  /// Those rows of a weight as float32: in place, or decoded into scratch.
  private func withRows(
    _ range: Range<Int>, of weight: Tensor, _ body: (UnsafePointer<Float>) -> Void
  ) {
    if weight.elementType == .float32 {
      return body(weight.floats + range.lowerBound * weight.columns)
    }
    scratch.withFloats(range.count * weight.columns) { floats in
      weight.dequantize(row: range.lowerBound, count: range.count * weight.columns, into: floats)
      body(floats)
    }
  }

  /// `c (+)= a · b`, or `a · bᵀ`: a [m, k], c [m, n], each with its own stride from row to row.
  private func gemm(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>,
    _ bStride: Int, transposed: Bool, _ c: UnsafeMutablePointer<Float>, _ cStride: Int, adding: Bool
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n),
      blasint(k), 1, a, blasint(aStride), b, blasint(bStride), adding ? 1 : 0, c, blasint(cStride))
  }
}
