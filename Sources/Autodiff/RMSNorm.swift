import CKernels
import Tensors

/// y = x · r · (g + offset) with r = 1/√(mean x² + ε), for each row of g's length; x, y [rows, columns], g [columns].
///
/// Root Mean Square Layer Normalization, arXiv:1910.07467.
enum RMSNorm {
  /// Keeps r [rows] in `inverse`.
  static func forward(
    _ x: Tensor, gain g: Tensor, epsilon: Float, offset: Float, into y: Tensor, saving inverse: Tensor,
    with compute: Compute
  ) {
    compute.run { pool in
      let (g, r, rows, columns) = (g.floats, inverse.floats, inverse.count, g.count)
      pool.forEachRows(of: rows, columns: columns) { range in
        let (row, first) = (range.lowerBound, range.lowerBound * columns)
        trimtab_rms_norm_forward(
          y.elements(from: first), r + row, x.elements(from: first), g, range.count, columns, epsilon, offset)
      }
    }
  }

  /// dx = r·(g + offset)·dy - x·r³·mean((g + offset)·dy·x), dg = Σ over rows of dy·x·r.
  static func backward(
    _ dy: Tensor, _ x: Tensor, gain g: Tensor, offset: Float, saved inverse: Tensor, to xSlot: GradientSlot?,
    _ gSlot: GradientSlot?, on tape: Tape
  ) {
    let parts = gSlot.map { _ in tape.columnParts(rows: inverse.count, columns: g.count) }
    let kernel = { (dx: Tensor?, adding: Bool) in
      tape.compute.run { pool in
        let (parts, g, r, rows, columns) = (
          parts?.floats, g.floats, inverse.floats, inverse.count, g.count
        )
        let length = rowsPerTile(columns: columns)
        pool.forEachRange(of: rows, length: length) { range in
          let (row, first) = (range.lowerBound, range.lowerBound * columns)
          trimtab_rms_norm_backward(
            dx?.elements(from: first) ?? .none, adding, parts.map { $0 + row / length * columns },
            dy.elements(from: first), x.elements(from: first), r + row, g, range.count, columns, offset)
        }
      }
    }
    if xSlot == nil { kernel(nil, false) } else { tape.accumulate(xSlot) { kernel($0, $1) } }
    if let parts {
      tape.accumulate(gSlot) { tape.compute.columnSums(of: parts, into: $0, adding: $1) }
    }
  }
}

extension Tape {
  /// Root-mean-square norm of rows as long as `gain`: whole rows of x, or each head of a row.
  ///
  /// - Parameters:
  ///   - x: [rows, columns], where columns is a multiple of gain's length.
  ///   - gain: [columns], or [headDimension].
  ///   - gainOffset: Added to the gain: 1 for families that store the gain less one.
  public func rmsNorm(_ x: Variable, gain: Variable, epsilon: Float, gainOffset: Float = 0) -> Variable {
    precondition(x.shape.columns % gain.value.count == 0)
    let inverse = saved("norm scales", [x.value.count / gain.value.count])
    let y = cheapOutput("norm", x.shape, of: x, gain) { [compute, x = x.value, g = gain.value] in
      RMSNorm.forward(
        x, gain: g, epsilon: epsilon, offset: gainOffset, into: $0, saving: inverse, with: compute)
    }
    record(y) { [g = gain.value, xSlot = x.slot, gSlot = gain.slot, x = x.value] tape, dy in
      RMSNorm.backward(dy, x, gain: g, offset: gainOffset, saved: inverse, to: xSlot, gSlot, on: tape)
    }
    return y
  }

  /// Room for the column sums of each tile of rows; adding them up in order makes the sum of all rows.
  func columnParts(rows: Int, columns: Int) -> Tensor {
    let length = rowsPerTile(columns: columns)
    return workspace("column sums", [(rows + length - 1) / length, columns])
  }
}
