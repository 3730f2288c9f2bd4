import Tensors

@testable import Autodiff

/// A Llama-shaped decoder put together from the operations, with a tied head: what a step of training runs.
struct TinyDecoder {
  struct Layer {
    let attentionNorm, query, key, value, out, feedForwardNorm, gate, up, down: Parameter
  }

  let layout: AttentionLayout
  let table: RotaryTable
  let embedding: Parameter
  let layers: [Layer]
  let finalNorm: Parameter

  init(vocabulary: Int, hidden: Int, layers count: Int, heads: Int, kvHeads: Int) {
    layout = AttentionLayout(heads: heads, kvHeads: kvHeads, headDimension: hidden / heads)
    table = RotaryTable(rotaryDimension: hidden / heads, base: 10000)
    let inner = 8 * hidden / 3 / 16 * 16
    let narrow = hidden / heads * kvHeads
    var seed = 0
    func matrix(_ rows: Int, _ columns: Int) -> Parameter {
      seed += 1
      let scale = 1.7 / Float(columns).squareRoot()
      return Parameter(numbers(rows * columns, seed: seed, scale: scale), shape: [rows, columns])
    }
    func gain() -> Parameter { Parameter([Float](repeating: 1, count: hidden), shape: [hidden]) }
    embedding = matrix(vocabulary, hidden)
    layers = (0..<count).map { _ in
      Layer(
        attentionNorm: gain(), query: matrix(hidden, hidden), key: matrix(narrow, hidden),
        value: matrix(narrow, hidden), out: matrix(hidden, hidden), feedForwardNorm: gain(),
        gate: matrix(inner, hidden), up: matrix(inner, hidden), down: matrix(hidden, inner))
    }
    finalNorm = gain()
  }

  var parameters: [Parameter] {
    [embedding, finalNorm]
      + layers.flatMap { layer in
        [
          layer.attentionNorm, layer.query, layer.key, layer.value, layer.out, layer.feedForwardNorm,
          layer.gate,
          layer.up, layer.down,
        ]
      }
  }

  /// The loss of predicting each sequence's next token; adds to the parameters' gradients.
  func step(_ sequences: [[UInt32]], checkpointing: Bool = false, with compute: Compute) -> Double {
    let tape = Tape(compute: compute, isRecording: true)
    let ids = sequences.flatMap { $0 }
    let positions = sequences.flatMap { (0..<Int32($0.count)) }
    var segments: [AttentionSegment] = []
    for sequence in sequences {
      let first = segments.last?.rows.upperBound ?? 0
      segments.append(AttentionSegment(rows: first..<first + sequence.count))
    }
    var hidden = tape.embedding(embedding.variable, ids: ids)
    for (site, layer) in layers.enumerated() {
      let block = { (tape: Tape, input: Variable) in
        run(layer, on: tape, input, site, positions, segments)
      }
      hidden = checkpointing ? tape.checkpoint(hidden, block) : block(tape, hidden)
    }
    hidden = tape.rmsNorm(hidden, gain: finalNorm.variable, epsilon: 1e-5)
    let objective = CrossEntropy(
      targets: ids.dropFirst() + [0], weights: ids.indices.map { $0 == ids.count - 1 ? 0 : 1 })
    let loss = tape.chunkedHead(hidden, embedding.variable, rowsPerChunk: 512) {
      logits, rows, wantsGradient in
      objective.loss(of: logits, rows: rows, wantsGradient: wantsGradient, with: compute)
    }
    tape.backward()
    return loss
  }

  private func run(
    _ layer: Layer, on tape: Tape, _ input: Variable, _ site: Int, _ positions: [Int32],
    _ segments: [AttentionSegment]
  ) -> Variable {
    let normed = tape.rmsNorm(input, gain: layer.attentionNorm.variable, epsilon: 1e-5)
    func turned(_ weight: Parameter) -> Variable {
      tape.rotary(
        tape.linear(normed, weight.variable), headDimension: layout.headDimension, positions: positions,
        table: table)
    }
    let mixed = tape.attention(
      turned(layer.query), turned(layer.key), tape.linear(normed, layer.value.variable), segments: segments,
      layout: layout)
    let dropout = Dropout(rate: 0.1, seed: 1, step: 1, site: site)
    let middle = tape.add(input, tape.dropout(tape.linear(mixed, layer.out.variable), dropout))
    let normedMiddle = tape.rmsNorm(middle, gain: layer.feedForwardNorm.variable, epsilon: 1e-5)
    let inner = tape.swiGLU(
      gate: tape.linear(normedMiddle, layer.gate.variable), up: tape.linear(normedMiddle, layer.up.variable))
    return tape.add(middle, tape.linear(inner, layer.down.variable))
  }
}
