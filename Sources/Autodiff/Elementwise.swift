import CKernels
import Tensors

/// Elements that one tile of element-wise work covers.
let elementsPerTile = 1 << 15

extension ThreadPool {
  /// Cuts rows into tiles of about `elementsPerTile` elements each, by the matrix's shape alone.
  func forEachRows(of rows: Int, columns: Int, _ body: (Range<Int>) -> Void) {
    forEachRange(of: rows, length: rowsPerTile(columns: columns), body)
  }
}

/// How many rows of that length make one tile.
func rowsPerTile(columns: Int) -> Int { max(1, elementsPerTile / max(1, columns)) }

extension Tensor {
  /// The elements from number `index` on, as kernels of activations take them.
  func elements(from index: Int = 0) -> trimtab_elements {
    precondition(elementType == .float32 || elementType == .bfloat16)
    return trimtab_elements(
      first: bytes + elementType.byteCount(elements: index), is_bfloat16: elementType == .bfloat16)
  }
}

extension trimtab_elements {
  /// Where a gradient goes that isn't wanted.
  static var none: Self { Self(first: nil, is_bfloat16: false) }
}

extension Compute {
  /// y (+)= factor · x.
  public func scale(_ x: Tensor, by factor: Float, into y: Tensor, adding: Bool = false) {
    precondition(x.count == y.count)
    run { pool in
      pool.forEachRange(of: x.count, length: elementsPerTile) { range in
        let first = range.lowerBound
        trimtab_scale(y.elements(from: first), adding, x.elements(from: first), factor, range.count)
      }
    }
  }

  /// x = 0.
  public func zero(_ x: Tensor) {
    run { pool in
      let (x, count) = (x.floats, x.count)
      pool.forEachRange(of: count, length: elementsPerTile) { range in
        (x + range.lowerBound).update(repeating: 0, count: range.count)
      }
    }
  }

  /// sums[c] (+)= Σ over rows of x[row, c]: x [rows, columns], sums [columns].
  func columnSums(of x: Tensor, into sums: Tensor, adding: Bool) {
    precondition(sums.count == x.columns)
    run { pool in
      let (to, rows, columns) = (sums.floats, x.rows, x.columns)
      pool.forEachRange(of: columns, length: 64) { range in
        trimtab_column_sums(
          to + range.lowerBound, adding, x.elements(from: range.lowerBound), rows, range.count, columns)
      }
    }
  }
}

/// z = x + y.
enum Sum {
  static func forward(_ x: Tensor, _ y: Tensor, into z: Tensor, with compute: Compute) {
    compute.run { pool in
      pool.forEachRange(of: z.count, length: elementsPerTile) { range in
        let first = range.lowerBound
        trimtab_sum(z.elements(from: first), x.elements(from: first), y.elements(from: first), range.count)
      }
    }
  }

  /// ∂z/∂x = ∂z/∂y = 1: both inputs share the output's gradient.
  static func backward(_ dz: Tensor, to x: GradientSlot?, _ y: GradientSlot?, on tape: Tape) {
    tape.pass(dz, to: x)
    tape.pass(dz, to: y)
  }
}

extension Tape {
  /// The sum of two tensors of the same shape, in float32: a residual connection.
  public func add(_ x: Variable, _ y: Variable) -> Variable {
    precondition(x.shape == y.shape)
    let z = output("sum", x.shape, .float32, of: x, y)
    Sum.forward(x.value, y.value, into: z.value, with: compute)
    record(z) { [x = x.slot, y = y.slot] tape, dz in Sum.backward(dz, to: x, y, on: tape) }
    return z
  }

  /// y = factor · x.
  public func scale(_ x: Variable, by factor: Float) -> Variable {
    let y = output("scaled", x.shape, of: x)
    compute.scale(x.value, by: factor, into: y.value)
    record(y) { [x = x.slot] tape, dy in
      tape.accumulate(x) { dx, adding in tape.compute.scale(dy, by: factor, into: dx, adding: adding) }
    }
    return y
  }
}
