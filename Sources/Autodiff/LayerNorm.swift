import CKernels
import Tensors

/// y = n · g + b with n = (x - mean x) · r and r = 1/√(variance x + ε), row by row; x, y [rows, columns], g and b
/// [columns].
///
/// Layer Normalization, arXiv:1607.06450.
enum LayerNorm {
  /// Keeps mean and r of every row in `statistics` [rows, 2].
  static func forward(
    _ x: Tensor, gain g: Tensor, bias b: Tensor?, epsilon: Float, into y: Tensor, saving statistics: Tensor,
    with compute: Compute
  ) {
    compute.run { pool in
      let (g, b, saved, columns) = (g.floats, b?.floats, statistics.floats, x.columns)
      pool.forEachRows(of: statistics.rows, columns: columns) { range in
        let (row, first) = (range.lowerBound, range.lowerBound * columns)
        trimtab_layer_norm_forward(
          y.elements(from: first), saved + 2 * row, x.elements(from: first), g, b, range.count, columns,
          epsilon)
      }
    }
  }

  /// dx = r·(g·dy - mean(g·dy) - n·mean(g·dy·n)), dg = Σ dy·n, db = Σ dy.
  static func backward(
    _ dy: Tensor, _ x: Tensor, gain g: Tensor, saved statistics: Tensor, to xSlot: GradientSlot?,
    _ gSlot: GradientSlot?, _ bSlot: GradientSlot?, on tape: Tape
  ) {
    let (rows, columns) = (x.rows, x.columns)
    let gainParts = gSlot.map { _ in tape.columnParts(rows: rows, columns: columns) }
    let biasParts = bSlot.map { _ in tape.columnParts(rows: rows, columns: columns) }
    let kernel = { (dx: Tensor?, adding: Bool) in
      tape.compute.run { pool in
        let (dg, db, g, saved) = (gainParts?.floats, biasParts?.floats, g.floats, statistics.floats)
        let length = rowsPerTile(columns: columns)
        pool.forEachRange(of: rows, length: length) { range in
          let (row, first) = (range.lowerBound, range.lowerBound * columns)
          let part = row / length * columns
          trimtab_layer_norm_backward(
            dx?.elements(from: first) ?? .none, adding, dg.map { $0 + part }, db.map { $0 + part },
            dy.elements(from: first), x.elements(from: first), saved + 2 * row, g, range.count, columns)
        }
      }
    }
    if xSlot == nil { kernel(nil, false) } else { tape.accumulate(xSlot) { kernel($0, $1) } }
    if let gainParts {
      tape.accumulate(gSlot) { tape.compute.columnSums(of: gainParts, into: $0, adding: $1) }
    }
    if let biasParts {
      tape.accumulate(bSlot) { tape.compute.columnSums(of: biasParts, into: $0, adding: $1) }
    }
  }
}

extension Tape {
  /// Layer norm of rows: to mean 0 and variance 1, then times `gain` plus `bias`.
  ///
  /// - Parameters:
  ///   - x: [rows, columns].
  ///   - gain: [columns].
  ///   - bias: [columns].
  public func layerNorm(_ x: Variable, gain: Variable, bias: Variable?, epsilon: Float) -> Variable {
    precondition(x.shape.columns == gain.value.count)
    precondition(bias.map { $0.value.count == gain.value.count } ?? true)
    let statistics = saved("norm statistics", [x.shape.rows, 2])
    let y = cheapOutput("norm", x.shape, of: x, gain, bias) {
      [compute, x = x.value, g = gain.value, b = bias?.value] in
      LayerNorm.forward(x, gain: g, bias: b, epsilon: epsilon, into: $0, saving: statistics, with: compute)
    }
    record(y) { [g = gain.value, slots = (x.slot, gain.slot, bias?.slot), x = x.value] tape, dy in
      LayerNorm.backward(dy, x, gain: g, saved: statistics, to: slots.0, slots.1, slots.2, on: tape)
    }
    return y
  }
}
