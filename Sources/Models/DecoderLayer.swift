import Autodiff
import Foundation
import Tensors

/// One layer: `x + attention(norm x)`, then `x + feedForward(norm x)`.
struct DecoderLayer {
  private let index: Int
  private let configuration: ModelConfiguration
  private let inputNorm: Normalization
  private let feedForwardNorm: Normalization
  private let linears: [LayerModule: Linear]
  private let rotary: RotaryTable?

  init(
    index: Int, _ configuration: ModelConfiguration, parameters: [String: Variable],
    adapter: LowRankAdapter?, rotary: RotaryTable?
  ) {
    self.index = index
    self.configuration = configuration
    self.rotary = rotary
    inputNorm = Normalization(ParameterNames.module(index, .inputNorm), configuration, parameters)
    feedForwardNorm = Normalization(
      ParameterNames.module(index, .feedForwardNorm), configuration, parameters)
    var linears: [LayerModule: Linear] = [:]
    for module in LayerModule.allCases where module.isLinear && configuration.shape(of: module) != nil {
      let name = ParameterNames.module(index, module)
      guard let weight = parameters[name + ".weight"] else { preconditionFailure("no parameter \(name)") }
      linears[module] = Linear(
        weight: weight, bias: parameters[name + ".bias"], adapter: adapter?.matrices(index, module),
        configuration: adapter?.configuration, site: index * 16 + module.site)
    }
    self.linears = linears
  }

  func forward(
    _ x: Variable, _ batch: RaggedBatch, on tape: Tape, caches: [KeyValueCache], options: ForwardOptions
  ) -> Variable {
    func linear(_ modules: [LayerModule], _ x: Variable) -> [Variable] {
      let chosen = modules.map { module in
        guard let linear = linears[module] else { preconditionFailure("layer without \(module)") }
        return linear
      }
      // What joins the residual stream isn't rounded.
      let joins = modules == [.attentionOutput] || modules == [.down]
      return Linear.forward(chosen, of: x, as: joins ? .float32 : nil, on: tape, options: options)
    }

    let inside = attention(inputNorm.forward(x, on: tape), batch, tape, caches, linear)
    let attended = tape.add(x, linear([.attentionOutput], inside)[0])
    let h = feedForwardNorm.forward(attended, on: tape)
    let inner: Variable
    switch configuration.feedForward {
    case .swiGLU:
      let both = linear([.gate, .up], h)
      inner = tape.swiGLU(gate: both[0], up: both[1])
    case .geluTanh: inner = tape.gelu(linear([.up], h)[0], .tanh)
    }
    return tape.add(attended, linear([.down], inner)[0])
  }

  /// Causal attention of every segment to itself and to what its cache holds.
  private func attention(
    _ h: Variable, _ batch: RaggedBatch, _ tape: Tape, _ caches: [KeyValueCache],
    _ linear: ([LayerModule], Variable) -> [Variable]
  ) -> Variable {
    let projected = linear([.query, .key, .value], h)
    var (q, k) = (projected[0], projected[1])
    let v = projected[2]
    if let rotary {
      let dimension = configuration.headDimension
      q = tape.rotary(q, headDimension: dimension, positions: batch.positions, table: rotary)
      k = tape.rotary(k, headDimension: dimension, positions: batch.positions, table: rotary)
    }
    let segments = batch.segments.enumerated().map { number, rows in
      guard !caches.isEmpty else { return AttentionSegment(rows: rows) }
      let cache = caches[number]
      tape.compute.run { _ in
        cache.append(keys: k.value.rows(rows), values: v.value.rows(rows), layer: index)
      }
      return AttentionSegment(
        rows: rows, past: (cache[index].keys, cache[index].values), keyCount: cache.count + rows.count)
    }
    let layout = AttentionLayout(
      heads: configuration.heads, kvHeads: configuration.keyValueHeads,
      headDimension: configuration.headDimension,
      scale: 1 / Float(configuration.headDimension).squareRoot(), window: configuration.slidingWindow,
      softCap: nil)
    return tape.attention(q, k, v, segments: segments, layout: layout)
  }
}

/// A linear layer `W x + b`, perhaps with LoRA's `scale · B A x` on top.
struct Linear {
  let weight: Variable
  let bias: Variable?
  let adapter: (down: Variable, up: Variable)?
  let configuration: LowRankConfiguration?
  /// Which of the model's dropouts this is.
  let site: Int

  /// The outputs of layers that share their input.
  static func forward(
    _ layers: [Linear], of x: Variable, as elementType: ElementType?, on tape: Tape, options: ForwardOptions
  ) -> [Variable] {
    zip(layers, tape.linear(x, layers.map { ($0.weight, $0.bias) }, as: elementType)).map { layer, y in
      layer.adapting(y, of: x, on: tape, options: options)
    }
  }

  /// y with the adapter's part, where there is one.
  private func adapting(
    _ y: Variable, of x: Variable, on tape: Tape, options: ForwardOptions
  ) -> Variable {
    guard let adapter, let configuration else { return y }
    let rows = options.adaptedRows ?? 0..<x.shape.rows
    if rows.isEmpty { return y }
    let dropout = options.dropout.flatMap { key in
      configuration.dropout > 0
        ? Dropout(rate: configuration.dropout, seed: key.seed, step: key.step, site: site) : nil
    }
    func adapted(_ x: Variable, _ y: Variable) -> Variable {
      tape.lowRank(
        x, addingTo: y, down: adapter.down, up: adapter.up, scale: configuration.scale, dropout: dropout)
    }
    if rows.count == x.shape.rows { return adapted(x, y) }
    // The update is added in place, so that all rows stay together.
    _ = adapted(Variable(x.value.rows(rows)), Variable(y.value.rows(rows)))
    return y
  }
}

extension LayerModule {
  /// A number that stays the same when modules are added: dropout's draws depend on it.
  fileprivate var site: Int {
    switch self {
    case .query: 0
    case .key: 1
    case .value: 2
    case .attentionOutput: 3
    case .gate: 4
    case .up: 5
    case .down: 6
    case .inputNorm: 7
    case .feedForwardNorm: 8
    }
  }
}
