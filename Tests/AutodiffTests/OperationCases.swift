import Tensors
import Testing

@testable import Autodiff

/// One operation, or a few together, as a function of inputs that all ask for gradients.
///
/// The names and sizes are those of Benchmarks/parity/operations.py, which holds PyTorch's version of each.
struct OperationCase: CustomTestStringConvertible, Sendable {
  /// What a case computes: a tensor, or already a loss whose gradient has been seeded.
  enum Output {
    case tensor(Variable)
    case loss(Double)
  }

  let name: String
  let shapes: [Shape]
  /// The size of the inputs' numbers.
  let scale: Float
  /// How many of the inputs are activations; the others are weights.
  let activations: Int
  /// Whether PyTorch's values are kept (not for dropout, whose mask is ours).
  var isGolden = true
  let run: @Sendable (Tape, [Variable]) -> Output

  var testDescription: String { name }

  init(
    _ name: String, _ shapes: [Shape], activations: Int = 1, scale: Float = 1, isGolden: Bool = true,
    _ run: @escaping @Sendable (Tape, [Variable]) -> Variable
  ) {
    self.init(
      name, shapes, activations: activations, scale: scale, isGolden: isGolden,
      output: { .tensor(run($0, $1)) })
  }

  init(
    _ name: String, _ shapes: [Shape], activations: Int = 1, scale: Float = 1, isGolden: Bool = true,
    output: @escaping @Sendable (Tape, [Variable]) -> Output
  ) {
    (self.name, self.shapes, self.activations) = (name, shapes, activations)
    (self.scale, self.isGolden, run) = (scale, isGolden, output)
  }
}

private let ids: [UInt32] = [3, 0, 3, 10, 7, 3, 0, 1]
private let positions: [Int32] = [0, 1, 2, 0, 1, 2, 3, 40]
private let targets: [UInt32] = [1, 5, 0, 36, 7, 7, 2, 11]
private let weights: [Float] = [1, 0.5, 0, 1, 2, 0, 1, 0.25]
private let packed = [0..<70, 70..<71, 71..<100].map { AttentionSegment(rows: $0) }
private let grouped: [Shape] = [[100, 32], [100, 16], [100, 16]]

private func headLoss(_ tape: Tape, _ hidden: Variable, _ head: Variable, softCap: Float? = nil) -> Double {
  let objective = CrossEntropy(targets: targets, weights: weights)
  return tape.chunkedHead(hidden, head, rowsPerChunk: 3, softCap: softCap) { logits, rows, wantsGradient in
    objective.loss(of: logits, rows: rows, wantsGradient: wantsGradient, with: tape.compute)
  }
}

extension OperationCase {
  static let all: [OperationCase] = [
    OperationCase("embedding", [[11, 6]], activations: 0) { tape, x in tape.embedding(x[0], ids: ids) },
    OperationCase("linear", [[5, 12], [7, 12]]) { tape, x in tape.linear(x[0], x[1]) },
    OperationCase("linear with bias", [[5, 12], [7, 12], [7]]) { tape, x in
      tape.linear(x[0], x[1], bias: x[2])
    },
    OperationCase("low rank", [[5, 12], [5, 7], [3, 12], [7, 3]], activations: 2) { tape, x in
      tape.lowRank(x[0], addingTo: tape.scale(x[1], by: 1), down: x[2], up: x[3], scale: 0.5)
    },
    OperationCase(
      "low rank with dropout", [[5, 12], [5, 7], [3, 12], [7, 3]], activations: 2, isGolden: false
    ) { tape, x in
      let dropout = Dropout(rate: 0.4, seed: 7, step: 3, site: 5)
      return tape.lowRank(
        x[0], addingTo: tape.scale(x[1], by: 1), down: x[2], up: x[3], scale: 0.5, dropout: dropout)
    },
    OperationCase("dropout", [[50, 12]], isGolden: false) { tape, x in
      tape.dropout(x[0], Dropout(rate: 0.25, seed: 7, step: 3, site: 5))
    },
    OperationCase("rms norm", [[5, 40], [40]]) { tape, x in tape.rmsNorm(x[0], gain: x[1], epsilon: 1e-5) },
    OperationCase("rms norm of heads", [[5, 48], [12]]) { tape, x in
      tape.rmsNorm(x[0], gain: x[1], epsilon: 1e-6, gainOffset: 1)
    },
    OperationCase("layer norm", [[5, 40], [40], [40]]) { tape, x in
      tape.layerNorm(x[0], gain: x[1], bias: x[2], epsilon: 1e-5)
    },
    OperationCase("layer norm without bias", [[5, 40], [40]]) { tape, x in
      tape.layerNorm(x[0], gain: x[1], bias: nil, epsilon: 1e-5)
    },
    OperationCase("rotary halves", [[8, 32]]) { tape, x in
      let table = RotaryTable(rotaryDimension: 16, base: 10000)
      return tape.rotary(x[0], headDimension: 16, positions: positions, table: table)
    },
    OperationCase("rotary interleaved", [[8, 32]]) { tape, x in
      let table = RotaryTable(rotaryDimension: 16, base: 10000, style: .interleaved)
      return tape.rotary(x[0], headDimension: 16, positions: positions, table: table)
    },
    OperationCase("rotary partial", [[8, 32]]) { tape, x in
      let table = RotaryTable(rotaryDimension: 8, base: 500)
      return tape.rotary(x[0], headDimension: 16, positions: positions, table: table)
    },
    OperationCase("attention", [[100, 32], [100, 32], [100, 32]], activations: 3, scale: 2) { tape, x in
      let layout = AttentionLayout(heads: 2, kvHeads: 2, headDimension: 16)
      return tape.attention(x[0], x[1], x[2], segments: packed, layout: layout)
    },
    OperationCase("attention grouped", grouped, activations: 3, scale: 2) { tape, x in
      let layout = AttentionLayout(heads: 4, kvHeads: 2, headDimension: 8)
      return tape.attention(x[0], x[1], x[2], segments: packed, layout: layout)
    },
    OperationCase("attention windowed", grouped, activations: 3, scale: 2) { tape, x in
      let layout = AttentionLayout(heads: 2, kvHeads: 1, headDimension: 16, window: 9)
      return tape.attention(x[0], x[1], x[2], segments: packed, layout: layout)
    },
    OperationCase("attention capped", [[9, 40], [9, 20], [9, 20]], activations: 3, scale: 4) { tape, x in
      let layout = AttentionLayout(
        heads: 2, kvHeads: 1, headDimension: 20, scale: 0.5, window: 5, softCap: 8)
      return tape.attention(x[0], x[1], x[2], segments: [AttentionSegment(rows: 0..<9)], layout: layout)
    },
    OperationCase("swiglu", [[5, 12], [5, 12]], activations: 2, scale: 6) { tape, x in
      tape.swiGLU(gate: x[0], up: x[1])
    },
    OperationCase("geglu", [[5, 12], [5, 12]], activations: 2, scale: 3) { tape, x in
      tape.geGLU(gate: x[0], up: x[1])
    },
    OperationCase("gelu tanh", [[5, 12]], scale: 5) { tape, x in tape.gelu(x[0], .tanh) },
    OperationCase("gelu exact", [[5, 12]], scale: 5) { tape, x in tape.gelu(x[0], .exact) },
    OperationCase("sum", [[5, 12], [5, 12]], activations: 2) { tape, x in tape.add(x[0], x[1]) },
    OperationCase("sum with itself", [[5, 12]]) { tape, x in tape.add(x[0], x[0]) },
    OperationCase("scale", [[5, 12]]) { tape, x in tape.scale(x[0], by: 0.3) },
    OperationCase("residual block", [[5, 12], [12], [12, 12]]) { tape, x in
      let inner = tape.linear(tape.rmsNorm(x[0], gain: x[1], epsilon: 1e-5), x[2])
      return tape.add(x[0], tape.swiGLU(gate: inner, up: x[0]))
    },
    OperationCase("head", [[8, 12], [37, 12]], scale: 2) { tape, x in .loss(headLoss(tape, x[0], x[1])) },
    OperationCase("head capped", [[8, 12], [37, 12]], scale: 2) { tape, x in
      .loss(headLoss(tape, x[0], x[1], softCap: 5))
    },
    OperationCase("tied embedding and head", [[37, 12]], activations: 0) { tape, x in
      .loss(headLoss(tape, tape.embedding(x[0], ids: ids), x[0]))
    },
  ]
}
