import CKernels
import Tensors

/// The functions σ of feed-forward layers: alone, y = σ(x), or as gates, y = σ(gate) · up; element by element.
enum Activation {
  case silu, geluTanh, geluExact

  private var kernel: trimtab_activation {
    switch self {
    case .silu: TRIMTAB_SILU
    case .geluTanh: TRIMTAB_GELU_TANH
    case .geluExact: TRIMTAB_GELU_EXACT
    }
  }

  /// y = σ(x).
  func forward(_ x: Tensor, into y: Tensor, with compute: Compute) {
    compute.run { pool in
      pool.forEachRange(of: x.count, length: elementsPerTile) { range in
        let first = range.lowerBound
        trimtab_activation_forward(kernel, y.elements(from: first), x.elements(from: first), range.count)
      }
    }
  }

  /// dx = dy · σ′(x).
  func backward(_ dy: Tensor, _ x: Tensor, to slot: GradientSlot?, on tape: Tape) {
    tape.accumulate(slot) { dx, adding in
      tape.compute.run { pool in
        pool.forEachRange(of: x.count, length: elementsPerTile) { range in
          let first = range.lowerBound
          trimtab_activation_backward(
            kernel, dx.elements(from: first), adding, dy.elements(from: first), x.elements(from: first),
            range.count)
        }
      }
    }
  }

  /// y = σ(gate) · up.
  func forward(gate: Tensor, up: Tensor, into y: Tensor, with compute: Compute) {
    compute.run { pool in
      pool.forEachRange(of: y.count, length: elementsPerTile) { range in
        let first = range.lowerBound
        trimtab_gated_forward(
          kernel, y.elements(from: first), gate.elements(from: first), up.elements(from: first), range.count)
      }
    }
  }

  /// dgate = dy · up · σ′(gate), dup = dy · σ(gate).
  func backward(
    _ dy: Tensor, gate: Tensor, up: Tensor, to gateSlot: GradientSlot?, _ upSlot: GradientSlot?, on tape: Tape
  ) {
    tape.accumulate(gateSlot, upSlot) { dGate, addingGate, dUp, addingUp in
      tape.compute.run { pool in
        pool.forEachRange(of: dy.count, length: elementsPerTile) { range in
          let first = range.lowerBound
          trimtab_gated_backward(
            kernel, dGate?.elements(from: first) ?? .none, addingGate, dUp?.elements(from: first) ?? .none,
            addingUp, dy.elements(from: first), gate.elements(from: first), up.elements(from: first),
            range.count)
        }
      }
    }
  }
}

/// The two forms of the Gaussian error linear unit, arXiv:1606.08415.
public enum GELU: Sendable, Hashable {
  /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715 x³)))
  case tanh
  /// x · Φ(x)
  case exact

  var activation: Activation { self == .tanh ? .geluTanh : .geluExact }
}

extension Tape {
  /// y = GELU(x), in either form.
  public func gelu(_ x: Variable, _ kind: GELU) -> Variable {
    let y = cheapOutput("gelu", x.shape, of: x) { [compute, x = x.value] in
      kind.activation.forward(x, into: $0, with: compute)
    }
    record(y) { [x = x.value, slot = x.slot] tape, dy in
      kind.activation.backward(dy, x, to: slot, on: tape)
    }
    return y
  }

  /// y = SiLU(gate) · up (arXiv:2002.05202).
  public func swiGLU(gate: Variable, up: Variable) -> Variable { gated(.silu, gate: gate, up: up) }

  /// y = GELU(gate) · up (arXiv:2002.05202).
  public func geGLU(gate: Variable, up: Variable, _ kind: GELU = .tanh) -> Variable {
    gated(kind.activation, gate: gate, up: up)
  }

  private func gated(_ activation: Activation, gate: Variable, up: Variable) -> Variable {
    precondition(gate.shape == up.shape)
    let y = cheapOutput("gated", gate.shape, of: gate, up) { [compute, gate = gate.value, up = up.value] in
      activation.forward(gate: gate, up: up, into: $0, with: compute)
    }
    record(y) { tape, dy in
      activation.backward(dy, gate: gate.value, up: up.value, to: gate.slot, up.slot, on: tape)
    }
    return y
  }
}
