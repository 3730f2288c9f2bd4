import CKernels
import Tensors

/// y = x·Wᵀ + b, with x [rows, in], W [out, in], b [out], y [rows, out].
enum Linear {
  /// The forward pass of several layers of one input.
  static func forward(_ x: Tensor, _ layers: [(W: Tensor, b: Tensor?, y: Tensor)], with compute: Compute) {
    compute.engine.multiply(x, transposed: layers.map { ($0.W, $0.y) }, with: compute)
    for case (_, let b?, let y) in layers { add(b, to: y, with: compute) }
  }

  private static func add(_ b: Tensor, to y: Tensor, with compute: Compute) {
    compute.run { pool in
      let (b, columns) = (b.floats, y.columns)
      pool.forEachRows(of: y.rows, columns: columns) { range in
        trimtab_add_bias(y.elements(from: range.lowerBound * columns), b, range.count, columns)
      }
    }
  }

  /// dx = dy·W, dW = dyᵀ·x, db = Σ over rows of dy.
  static func backward(
    _ dy: Tensor, _ x: Tensor?, _ W: Tensor, to xSlot: GradientSlot?, _ WSlot: GradientSlot?,
    _ bSlot: GradientSlot?, on tape: Tape
  ) {
    let compute = tape.compute
    // Where two products read it, it is rounded once.
    let dy = xSlot != nil && x != nil ? tape.converted(dy, to: tape.activationType) : dy
    tape.accumulate(xSlot) { dx, adding in
      compute.engine.multiply(dy, W, into: dx, adding: adding, with: compute)
    }
    if let x {
      tape.accumulate(WSlot) { dW, adding in
        compute.engine.multiply(transposed: dy, x, into: dW, adding: adding, with: compute)
      }
    }
    tape.accumulate(bSlot) { db, adding in compute.columnSums(of: dy, into: db, adding: adding) }
  }
}

extension Tape {
  /// A linear layer: `x · weightᵀ + bias`.
  ///
  /// - Parameters:
  ///   - x: [rows, in].
  ///   - weight: [out, in]; of any served element type when frozen, float32 when learnt.
  ///   - bias: [out], float32.
  ///   - elementType: What to keep the result in; nil: the tape's `activationType`.
  /// - Returns: [rows, out].
  public func linear(
    _ x: Variable, _ weight: Variable, bias: Variable? = nil, as elementType: ElementType? = nil
  ) -> Variable {
    linear(x, [(weight, bias)], as: elementType)[0]
  }

  /// Several linear layers of one input, which the engine may read once for all of them.
  public func linear(
    _ x: Variable, _ layers: [(weight: Variable, bias: Variable?)], as elementType: ElementType? = nil
  ) -> [Variable] {
    let outputs = layers.map { weight, bias in
      precondition(x.shape.columns == weight.shape.columns)
      precondition(bias.map { $0.value.count == weight.shape.rows } ?? true)
      return output("linear", [x.shape.rows, weight.shape.rows], elementType, of: x, weight, bias)
    }
    Linear.forward(
      x.value, zip(layers, outputs).map { ($0.weight.value, $0.bias?.value, $1.value) }, with: compute)
    for ((weight, bias), y) in zip(layers, outputs) {
      // A frozen weight needs no inputs kept.
      let kept = weight.requiresGradient ? x.recalled : nil
      record(y) { [W = weight.value, x = x.slot, WSlot = weight.slot, b = bias?.slot] tape, dy in
        Linear.backward(dy, kept?.value(on: tape), W, to: x, WSlot, b, on: tape)
      }
    }
    return outputs
  }
}
