import CKernels
import Tensors

/// LoRA (arXiv:2106.09685): y += s·(drop(x)·Aᵀ)·Bᵀ, with x [rows, in], A [r, in], B [out, r], y [rows, out].
///
/// What goes between is kept already scaled: h = s·drop(x)·Aᵀ [rows, r]. The full ΔW = s·B·A and its
/// gradient never exist.
enum LowRank {
  /// The most rows that are worth going through one by one.
  static let fewRows = Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)
  /// Outputs of one tile of a few rows.
  private static let tileOutputs = 1024

  /// The same for a few rows, keeping nothing, in float32 throughout.
  static func decode(
    _ x: Tensor, _ A: Tensor, _ B: Tensor, scale: Float, addingTo y: Tensor, with compute: Compute
  ) {
    compute.run { pool in
      let (to, from, down, up) = (y.floats, x.floats, A.floats, B.floats)
      let (rows, input, rank, outputs) = (x.rows, x.columns, A.rows, y.columns)
      pool.forEachRange(of: outputs, length: tileOutputs) { range in
        trimtab_low_rank(
          to, from, down, up, scale, rows, input, rank, outputs, range.lowerBound, range.upperBound)
      }
    }
  }

  static func forward(
    _ x: Tensor, _ A: Tensor, _ B: Tensor, scale s: Float, saving h: Tensor, addingTo y: Tensor,
    with compute: Compute
  ) {
    compute.engine.multiply(x, transposed: A, into: h, adding: false, with: compute)
    compute.scale(h, by: s, into: h)
    compute.engine.multiply(h, transposed: B, into: y, adding: true, with: compute)
  }

  /// dB = dzᵀ·h, dh = s·dz·B, dA = dhᵀ·drop(x), dx = drop(dh·A), and dz goes on to what y was before.
  static func backward(
    _ dz: Tensor, _ x: Tensor, _ A: Tensor, _ B: Tensor, scale s: Float, _ dropout: Dropout?, saved h: Tensor,
    to slots: (x: GradientSlot?, y: GradientSlot?, A: GradientSlot?, B: GradientSlot?), on tape: Tape
  ) {
    let (compute, engine) = (tape.compute, tape.compute.engine)
    tape.accumulate(slots.B) { dB, adding in
      engine.multiply(transposed: dz, h, into: dB, adding: adding, with: compute)
    }
    let dh = tape.workspace("low-rank gradient", h.shape, h.elementType)
    engine.multiply(dz, B, into: dh, adding: false, with: compute)
    compute.scale(dh, by: s, into: dh)
    tape.accumulate(slots.A) { dA, adding in
      let x = tape.dropped(x, dropout)
      engine.multiply(transposed: dh, x, into: dA, adding: adding, with: compute)
    }
    tape.accumulate(slots.x) { dx, adding in
      guard let dropout else {
        return engine.multiply(dh, A, into: dx, adding: adding, with: compute)
      }
      let dropped = tape.workspace("dropped gradient", x.shape, x.elementType)
      engine.multiply(dh, A, into: dropped, adding: false, with: compute)
      dropout.apply(to: dropped, into: dx, adding: adding, with: compute)
    }
    tape.pass(dz, to: slots.y)
  }
}

extension Tape {
  /// A low-rank update of a linear layer's output: `y + scale · up · down · dropout(x)`.
  ///
  /// - Parameters:
  ///   - x: The layer's input, [rows, in].
  ///   - y: The layer's output, [rows, out], fresh from `linear`: the sum takes over its memory.
  ///   - down: A, [r, in].
  ///   - up: B, [out, r].
  ///   - scale: LoRA's alpha / r (alpha / √r when rank-stabilised).
  ///   - dropout: Applied to x on this path only, in training.
  public func lowRank(
    _ x: Variable, addingTo y: Variable, down: Variable, up: Variable, scale: Float, dropout: Dropout? = nil
  ) -> Variable {
    precondition(down.shape.columns == x.shape.columns && up.shape.rows == y.shape.columns)
    precondition(down.shape.rows == up.shape.columns)
    let isPlain = [x, y, down, up].allSatisfy { $0.value.elementType == .float32 }
    if !isRecording, !drops, isPlain, x.shape.rows <= LowRank.fewRows {
      LowRank.decode(x.value, down.value, up.value, scale: scale, addingTo: y.value, with: compute)
      return Variable(y.value)
    }
    let dropout = drops && (dropout?.rate ?? 0) > 0 ? dropout : nil
    let z = result(y.value, of: [x, y, down, up])
    let h = saved("low-rank activations", [x.shape.rows, down.shape.rows], activationType)
    LowRank.forward(
      dropped(x.value, dropout), down.value, up.value, scale: scale, saving: h, addingTo: y.value,
      with: compute)
    let slots = (x.slot, y.slot, down.slot, up.slot)
    record(z) { [x = x.recalled, A = down.value, B = up.value] tape, dz in
      LowRank.backward(dz, x.value(on: tape), A, B, scale: scale, dropout, saved: h, to: slots, on: tape)
    }
    return z
  }

  /// drop(x) in workspace, or x itself when there is nothing to drop.
  fileprivate func dropped(_ x: Tensor, _ dropout: Dropout?) -> Tensor {
    guard let dropout else { return x }
    let dropped = workspace("dropped input", x.shape, x.elementType)
    dropout.apply(to: x, into: dropped, adding: false, with: compute)
    return dropped
  }
}
