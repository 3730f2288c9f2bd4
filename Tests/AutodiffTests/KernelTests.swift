import CKernels
import Testing

@testable import Autodiff

/// Numbers between stretches of NaN: reading beyond the ends spoils the result, writing there shows.
final class Guarded {
  private static let padding = 80
  private let memory: UnsafeMutablePointer<Float>
  private let isHalf: Bool
  let count: Int

  init(_ elements: [Float], isHalf: Bool = false) {
    (count, self.isHalf) = (elements.count, isHalf)
    memory = .allocate(capacity: count + 2 * Self.padding)
    // Two bfloat16 NaNs are no less than one float32 NaN.
    memory.initialize(repeating: Float(bitPattern: 0x7FFF_7FFF), count: count + 2 * Self.padding)
    if isHalf {
      trimtab_float32_to_bfloat16(elements, halves, count)
    } else {
      floats.update(from: elements, count: count)
    }
  }

  deinit { memory.deallocate() }

  var floats: UnsafeMutablePointer<Float> { memory + Self.padding }
  /// The elements as kernels of activations take them.
  var elements: trimtab_elements { trimtab_elements(first: floats, is_bfloat16: isHalf) }
  /// The bits of bfloat16 elements.
  var halves: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt16.self)
  }

  /// The elements, after a look at whether the padding is still whole.
  func checked() -> [Float] {
    let bytes = UnsafeRawBufferPointer(start: memory, count: 4 * (count + 2 * Self.padding))
    let length = isHalf ? 2 * count : 4 * count
    let padding = Array(bytes[..<(4 * Self.padding)]) + Array(bytes[(4 * Self.padding + length)...])
    #expect(padding.enumerated().allSatisfy { $1 == ($0 % 2 == 0 ? 0xFF : 0x7F) })
    guard isHalf else { return Array(UnsafeBufferPointer(start: floats, count: count)) }
    return [Float](unsafeUninitializedCapacity: count) { wide, filled in
      if let wide = wide.baseAddress { trimtab_bfloat16_to_float32(halves, wide, count) }
      filled = count
    }
  }
}

/// A kernel run with its inputs made for some size, once as the machine runs it and once by its plain twin.
struct KernelCase: CustomTestStringConvertible, Sendable {
  /// One run of a case.
  struct Run {
    /// Whether the plain twin is to run.
    let reference: Bool
    /// How many elements (or rows, or keys).
    let count: Int
    /// Whether activations are bfloat16.
    var isHalf = false

    /// Activations of random numbers.
    func random(_ count: Int, seed: Int, scale: Float = 1) -> Guarded {
      Guarded(numbers(count, seed: seed, scale: scale), isHalf: isHalf)
    }
  }

  let name: String
  /// How far the two may be apart, in units in the last place of the largest value (or of 1, if that is more); with
  /// activations in bfloat16, by one of bfloat16's such units more.
  let tolerance: Float
  /// Whether activations may be bfloat16.
  let takesHalves: Bool
  /// The results.
  let run: @Sendable (Run) -> [[Float]]

  var testDescription: String { name }

  init(_ name: String, within tolerance: Float, _ run: @escaping @Sendable (Bool, Int) -> [[Float]]) {
    (self.name, self.tolerance, takesHalves) = (name, tolerance, false)
    self.run = { run($0.reference, $0.count) }
  }

  init(ofActivations name: String, within tolerance: Float, _ run: @escaping @Sendable (Run) -> [[Float]]) {
    (self.name, self.tolerance, takesHalves, self.run) = (name, tolerance, true, run)
  }
}

private func random(_ count: Int, seed: Int, scale: Float = 1) -> Guarded {
  Guarded(numbers(count, seed: seed, scale: scale))
}

private let activations = [TRIMTAB_SILU, TRIMTAB_GELU_TANH, TRIMTAB_GELU_EXACT]
private let columns = 37

extension KernelCase {
  static let elementwise: [KernelCase] = [
    KernelCase(ofActivations: "sum", within: 0) { run in
      let (x, y, z) = (
        run.random(run.count, seed: 1), run.random(run.count, seed: 2), run.random(run.count, seed: 3)
      )
      let kernel = run.reference ? trimtab_sum_reference : trimtab_sum
      kernel(z.elements, x.elements, y.elements, run.count)
      return [z.checked()]
    },
    KernelCase(ofActivations: "scale", within: 1) { run in
      [true, false].map { adding in
        let (x, y) = (run.random(run.count, seed: 1), run.random(run.count, seed: 2))
        let kernel = run.reference ? trimtab_scale_reference : trimtab_scale
        kernel(y.elements, adding, x.elements, 0.3, run.count)
        return y.checked()
      }
    },
    KernelCase("steer", within: 1) { reference, count in
      let (z, expert, antiexpert) = (random(count, seed: 1), random(count, seed: 2), random(count, seed: 3))
      (reference ? trimtab_steer_reference : trimtab_steer)(
        z.floats, expert.floats, antiexpert.floats, 0.7, count)
      let mapped = random(count, seed: 4)
      // Backwards, and every third is lacking.
      let places = (0..<count).map { $0 % 3 == 2 ? -1 : Int32(count - 1 - $0) }
      (reference ? trimtab_steer_mapped_reference : trimtab_steer_mapped)(
        mapped.floats, expert.floats, antiexpert.floats, places, -1.3, count)
      // An infinity has no units in the last place.
      return [z.checked(), mapped.checked().map { max($0, -1e6) }]
    },
    KernelCase("low rank", within: 8) { reference, count in
      [1, 3].flatMap { rows in
        [5, 16, 70].map { rank in
          let (x, down) = (random(rows * count, seed: 1), random(rank * count, seed: 2, scale: 0.1))
          let (up, y) = (random(columns * rank, seed: 3, scale: 0.1), random(rows * columns, seed: 4))
          (reference ? trimtab_low_rank_reference : trimtab_low_rank)(
            y.floats, x.floats, down.floats, up.floats, 2, rows, count, rank, columns, 3, columns - 1)
          return y.checked()
        }
      }
    },
    KernelCase("choose", within: 0) { reference, count in
      // Rounded, so that there are equals.
      let z = Guarded(numbers(count, seed: 1, scale: 4).map { $0.rounded() / 2 })
      let tokens = (0..<count).map { UInt32(7 * $0) }
      // What isn't a number is passed over, wherever it stands.
      let holed = Guarded((0..<count).map { $0 % 5 == 0 ? .nan : z.floats[$0] })
      var places = [Int](repeating: 0, count: 5)
      (reference ? trimtab_argmax_reference : trimtab_argmax)(&places[0], z.floats, count)
      let draw = reference ? trimtab_draw_reference : trimtab_draw
      draw(&places[1], z.floats, nil, count, 0.7, 0x1234_5678_9abc_def0)
      draw(&places[2], z.floats, tokens, count, 1.4, 77)
      (reference ? trimtab_argmax_reference : trimtab_argmax)(&places[3], holed.floats, count)
      draw(&places[4], holed.floats, nil, count, 1.4, 77)
      return [places.map(Float.init), z.checked()]
    },
    KernelCase(ofActivations: "add bias", within: 0) { run in
      let (y, bias) = (run.random(run.count * columns, seed: 1), random(columns, seed: 2))
      let kernel = run.reference ? trimtab_add_bias_reference : trimtab_add_bias
      kernel(y.elements, bias.floats, run.count, columns)
      return [y.checked()]
    },
    KernelCase(ofActivations: "column sums", within: 16) { run in
      [true, false].map { adding in
        let (x, sums) = (run.random(run.count * 50 - 50 + columns, seed: 1), random(columns, seed: 2))
        let kernel = run.reference ? trimtab_column_sums_reference : trimtab_column_sums
        kernel(sums.floats, adding, x.elements, run.count, columns, 50)
        return sums.checked()
      }
    },
    KernelCase(ofActivations: "dropout", within: 0) { run in
      [true, false].map { adding in
        let (x, y) = (run.random(run.count, seed: 1), run.random(run.count, seed: 2))
        let kernel = run.reference ? trimtab_dropout_reference : trimtab_dropout
        kernel(y.elements, adding, x.elements, run.count, 0.4, 0x1234_5678_9abc_def0, (1 << 32) - 7)
        return y.checked()
      }
    },
    KernelCase(ofActivations: "activation", within: 8) { run in
      activations.flatMap { kind in
        let (x, y) = (run.random(run.count, seed: 1, scale: 12), run.random(run.count, seed: 2))
        let (dx, dy) = (run.random(run.count, seed: 3), run.random(run.count, seed: 4))
        let forward = run.reference ? trimtab_activation_forward_reference : trimtab_activation_forward
        forward(kind, y.elements, x.elements, run.count)
        let backward = run.reference ? trimtab_activation_backward_reference : trimtab_activation_backward
        backward(kind, dx.elements, true, dy.elements, x.elements, run.count)
        return [y.checked(), dx.checked()]
      }
    },
    KernelCase(ofActivations: "gate", within: 8) { run in
      activations.flatMap { kind in
        let (gate, up) = (run.random(run.count, seed: 1, scale: 12), run.random(run.count, seed: 2))
        let (y, dGate) = (run.random(run.count, seed: 3), run.random(run.count, seed: 4))
        let (dy, dUp) = (run.random(run.count, seed: 5), run.random(run.count, seed: 6))
        let forward = run.reference ? trimtab_gated_forward_reference : trimtab_gated_forward
        forward(kind, y.elements, gate.elements, up.elements, run.count)
        let backward = run.reference ? trimtab_gated_backward_reference : trimtab_gated_backward
        func back(_ dGate: trimtab_elements, _ addingGate: Bool, _ dUp: trimtab_elements, _ addingUp: Bool) {
          let (dy, gate, up) = (dy.elements, gate.elements, up.elements)
          backward(kind, dGate, addingGate, dUp, addingUp, dy, gate, up, run.count)
        }
        back(dGate.elements, true, dUp.elements, false)
        back(.none, false, dUp.elements, true)
        back(dGate.elements, true, .none, false)
        return [y.checked(), dGate.checked(), dUp.checked()]
      }
    },
    KernelCase("soft cap", within: 8) { reference, count in
      let (z, gradient) = (random(count, seed: 1, scale: 90), random(count, seed: 2))
      (reference ? trimtab_soft_cap_reference : trimtab_soft_cap)(z.floats, count, 30)
      (reference ? trimtab_soft_cap_backward_reference : trimtab_soft_cap_backward)(
        gradient.floats, z.floats, count, 30)
      return [z.checked(), gradient.checked()]
    },
    KernelCase("AdamW", within: 8) { reference, count in
      let (p, m, v) = (
        random(count, seed: 1), random(count, seed: 2), Guarded([Float](repeating: 0.1, count: count))
      )
      let settings = trimtab_adamw(
        learning_rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.1, step: 3)
      let gradients = random(count, seed: 3)
      (reference ? trimtab_adamw_step_reference : trimtab_adamw_step)(
        p.floats, m.floats, v.floats, gradients.floats, count, 0.5, settings)
      return [p.checked(), m.checked(), v.checked()]
    },
    KernelCase("squared sum", within: 1) { reference, count in
      let x = random(count, seed: 1)
      var sum = 0.0
      (reference ? trimtab_squared_sum_reference : trimtab_squared_sum)(&sum, x.floats, count)
      return [[Float(sum)]]
    },
  ]

  static let rows: [KernelCase] = [
    KernelCase(ofActivations: "rms norm", within: 16) { run in
      let count = run.count
      let (x, y) = (run.random(3 * count, seed: 1), run.random(3 * count, seed: 3))
      let (dx, dy) = (run.random(3 * count, seed: 5), run.random(3 * count, seed: 6))
      let (gain, inverse, dGain) = (random(count, seed: 2), random(3, seed: 4), random(count, seed: 7))
      let forward = run.reference ? trimtab_rms_norm_forward_reference : trimtab_rms_norm_forward
      forward(y.elements, inverse.floats, x.elements, gain.floats, 3, count, 1e-5, 1)
      let backward = run.reference ? trimtab_rms_norm_backward_reference : trimtab_rms_norm_backward
      backward(
        dx.elements, true, dGain.floats, dy.elements, x.elements, inverse.floats, gain.floats, 3, count, 1)
      return [y.checked(), inverse.checked(), dx.checked(), dGain.checked()]
    },
    KernelCase(ofActivations: "layer norm", within: 64) { run in
      // One element more, so that no row has variance 0, which ε alone would divide.
      let count = run.count + 1
      let (x, y) = (run.random(3 * count, seed: 1), run.random(3 * count, seed: 3))
      let (dx, dy) = (run.random(3 * count, seed: 5), run.random(3 * count, seed: 6))
      let (gain, bias, statistics) = (random(count, seed: 2), random(count, seed: 8), random(6, seed: 4))
      let (dGain, dBias) = (random(count, seed: 7), random(count, seed: 9))
      let forward = run.reference ? trimtab_layer_norm_forward_reference : trimtab_layer_norm_forward
      forward(y.elements, statistics.floats, x.elements, gain.floats, bias.floats, 3, count, 1e-5)
      let backward = run.reference ? trimtab_layer_norm_backward_reference : trimtab_layer_norm_backward
      backward(
        dx.elements, false, dGain.floats, dBias.floats, dy.elements, x.elements, statistics.floats,
        gain.floats, 3, count)
      return [y.checked(), statistics.checked(), dx.checked(), dGain.checked(), dBias.checked()]
    },
    KernelCase(ofActivations: "rotary", within: 2) { run in
      [true, false].flatMap { interleaved in
        [true, false].map { inverse in
          let (x, y) = (run.random(run.count * 2 * 20, seed: 1), run.random(run.count * 2 * 20, seed: 2))
          let table = random(7 * 12, seed: 3)
          let positions = (0..<run.count).map { Int32($0 * 5 % 7) }
          let kernel = run.reference ? trimtab_rotary_reference : trimtab_rotary
          kernel(
            y.elements, inverse, x.elements, table.floats, positions, run.count, 2, 20, 12, interleaved,
            inverse)
          return y.checked()
        }
      }
    },
    KernelCase("embedding gradient", within: 0) { reference, count in
      let (table, dy) = (random(5 * columns, seed: 1), random(count * columns, seed: 2))
      let ids = (0..<count).map { UInt32($0 * 3 % 5) }
      (reference ? trimtab_embedding_backward_reference : trimtab_embedding_backward)(
        table.floats, ids, dy.floats, count, columns, 3, 30)
      return [table.checked()]
    },
    KernelCase("cross-entropy", within: 16) { reference, count in
      let logits = random(3 * count, seed: 1, scale: 20)
      let (known, losses) = (random(3, seed: 2), UnsafeMutablePointer<Double>.allocate(capacity: 3))
      defer { losses.deallocate() }
      let targets = [0, UInt32(count / 2), UInt32(count - 1)] as [UInt32]
      (reference ? trimtab_cross_entropy_reference : trimtab_cross_entropy)(
        logits.floats, targets, [1, 0, 0.25], losses, known.floats, 3, count, true)
      return [logits.checked(), known.checked(), (0..<3).map { Float(losses[$0]) }]
    },
    KernelCase("distillation", within: 64) { reference, count in
      let (logits, base) = (random(3 * count, seed: 1, scale: 5), random(3 * count, seed: 2, scale: 5))
      let (known, sums) = (random(3, seed: 3), UnsafeMutablePointer<Double>.allocate(capacity: 6))
      defer { sums.deallocate() }
      let targets = [0, UInt32(count / 2), UInt32(count - 1)] as [UInt32]
      (reference ? trimtab_distillation_reference : trimtab_distillation)(
        logits.floats, base.floats, targets, [1, 0, 0.25], 2, 0.3, sums, sums + 3, known.floats, 3, count,
        true)
      return [logits.checked(), base.checked(), known.checked(), (0..<6).map { Float(sums[$0]) }]
    },
    KernelCase("log softmax", within: 4) { reference, count in
      let logits = random(3 * count, seed: 1, scale: 20)
      (reference ? trimtab_log_softmax_reference : trimtab_log_softmax)(logits.floats, 3, count)
      return [logits.checked()]
    },
  ]

  static let attention: [KernelCase] = [
    (width: 16, window: 0, cap: 0), (width: 24, window: 0, cap: 0), (width: 64, window: 70, cap: 0),
    (width: 40, window: 5, cap: 6), (width: 8, window: 1, cap: 0),
  ].flatMap { width, window, cap in
    let layout = trimtab_attention_layout(
      heads: 6, kv_heads: 2, head_dimension: width, scale: 0.4, soft_cap: Float(cap), window: window)
    let (row, kvRow) = (6 * width, 2 * width)
    let label = "of \(width), window \(window), cap \(cap)"
    return [
      KernelCase("attention \(label)", within: 200) { reference, keys in
        let queries = (keys + 1) / 2
        let (q, k, v) = (
          random(queries * row, seed: 1), random(keys * kvRow, seed: 2), random(keys * kvRow, seed: 3)
        )
        let (out, sums) = (random(queries * row, seed: 4), random(queries * 6, seed: 5))
        let (dq, dk, dv) = (
          random(queries * row, seed: 6), random(keys * kvRow, seed: 7), random(keys * kvRow, seed: 8)
        )
        let (differences, dOut) = (random(queries * 6, seed: 9), random(queries * row, seed: 10))
        let sequence = trimtab_attention_sequence(
          queries: q.floats, keys: k.floats, values: v.floats, query_count: queries, key_count: keys)
        for kvHead in 0..<2 {
          for first in stride(from: 0, to: queries, by: TRIMTAB_ATTENTION_QUERY_BLOCK) {
            (reference ? trimtab_attention_forward_reference : trimtab_attention_forward)(
              out.floats, sums.floats, sequence, layout, kvHead, first,
              min(queries, first + TRIMTAB_ATTENTION_QUERY_BLOCK))
          }
          (reference ? trimtab_attention_backward_reference : trimtab_attention_backward)(
            trimtab_attention_gradients(
              queries: dq.floats, keys: dk.floats, values: dv.floats, adding_queries: true,
              adding_keys: false, adding_values: true),
            differences.floats, dOut.floats, out.floats, sums.floats, sequence, layout, kvHead)
        }
        return [out.checked(), sums.checked(), dq.checked(), dk.checked(), dv.checked()]
      },
      // What decoding in parts gives must be what the plain twin of the whole gives.
      KernelCase("decoding \(label)", within: 200) { reference, keys in
        let (q, k, v) = (random(row, seed: 1), random(keys * kvRow, seed: 2), random(keys * kvRow, seed: 3))
        let out = random(row, seed: 4)
        let sequence = trimtab_attention_sequence(
          queries: q.floats, keys: k.floats, values: v.floats, query_count: 1, key_count: keys)
        for kvHead in 0..<2 {
          if reference {
            trimtab_attention_forward_reference(out.floats, nil, sequence, layout, kvHead, 0, 1)
            continue
          }
          let (partRow, starts) = (width + 2, Array(stride(from: 0, to: keys, by: 50)))
          let parts = random(starts.count * 3 * partRow, seed: 5)
          for (part, first) in starts.enumerated() {
            // Every second part by the twin: the two must fit together.
            (part % 2 == 0 ? trimtab_attention_decode : trimtab_attention_decode_reference)(
              parts.floats + part * 3 * partRow, sequence, layout, kvHead, first, min(first + 50, keys))
          }
          for head in 0..<3 {
            trimtab_attention_join(
              out.floats + (kvHead * 3 + head) * width, parts.floats + head * partRow, starts.count,
              3 * partRow,
              width)
          }
          _ = parts.checked()
        }
        return [out.checked()]
      },
    ]
  }
}

struct KernelTests {
  private func compare(_ kernel: KernelCase, count: Int) {
    for isHalf in kernel.takesHalves ? [false, true] : [false] {
      let results = [false, true].map { reference in
        kernel.run(KernelCase.Run(reference: reference, count: count, isHalf: isHalf))
      }
      let tolerance = kernel.tolerance + (isHalf ? 0x1p16 : 0)
      for (found, expected) in zip(results[0], results[1]) {
        let largest = expected.reduce(1) { max($0, abs($1)) }
        let difference = zip(found, expected).reduce(Float(0)) { worst, pair in
          let difference = abs(pair.0 - pair.1)
          return difference.isNaN ? .infinity : max(worst, difference)
        }
        #expect(difference <= tolerance * largest.ulp, "\(kernel.name) of \(count), half \(isHalf)")
      }
    }
  }

  @Test(arguments: KernelCase.elementwise)
  func elementwiseKernelsAgreeWithTheirTwins(_ kernel: KernelCase) {
    for count in [1, 2, 7, 16, 17, 31, 64, 100, 1000] { compare(kernel, count: count) }
  }

  @Test(arguments: KernelCase.rows)
  func rowKernelsAgreeWithTheirTwins(_ kernel: KernelCase) {
    for count in [1, 2, 7, 16, 17, 31, 64, 100, 5000] { compare(kernel, count: count) }
  }

  @Test(arguments: KernelCase.attention)
  func attentionAgreesWithItsTwin(_ kernel: KernelCase) {
    for count in [1, 2, 17, 63, 64, 65, 150] { compare(kernel, count: count) }
  }

  /// Whole sequences in bfloat16 against the float32 twin of the same numbers: within the rounding of probabilities and
  /// results, 2⁻⁷ of the largest value.
  @Test(arguments: [
    (heads: 6, kvHeads: 2, width: 64, window: 0, cap: 0),
    (heads: 2, kvHeads: 1, width: 32, window: 5, cap: 6),
    (heads: 3, kvHeads: 3, width: 96, window: 70, cap: 0),
  ])
  func attentionInBFloat16AgreesWithTheTwin(heads: Int, kvHeads: Int, width: Int, window: Int, cap: Int) {
    let layout = trimtab_attention_layout(
      heads: heads, kv_heads: kvHeads, head_dimension: width, scale: 0.2, soft_cap: Float(cap), window: window
    )
    guard trimtab_attention_serves_bfloat16(layout) else { return }
    let (row, kvRow) = (heads * width, kvHeads * width)
    for rows in [1, 2, 17, 64, 65, 151] {
      func pair(_ columns: Int, seed: Int) -> (half: Guarded, whole: Guarded) {
        let half = Guarded(numbers(rows * columns, seed: seed, scale: 2), isHalf: true)
        return (half, Guarded(half.checked()))
      }
      let (q, k, v, dOut) = (
        pair(row, seed: 1), pair(kvRow, seed: 2), pair(kvRow, seed: 3), pair(row, seed: 4)
      )
      let out = pair(row, seed: 5)
      var results: [[[Float]]] = []
      for isHalf in [true, false] {
        // Both start back from the output as it was rounded.
        let rounded = Guarded(out.half.checked())
        let (sums, differences) = (random(rows * heads, seed: 6), random(rows * heads, seed: 7))
        let (dq, dk, dv) = (
          random(rows * row, seed: 8), random(rows * kvRow, seed: 9), random(rows * kvRow, seed: 10)
        )
        let gradients = trimtab_attention_gradients(
          queries: dq.floats, keys: dk.floats, values: dv.floats, adding_queries: true, adding_keys: false,
          adding_values: true)
        let halves = trimtab_attention_halves(
          queries: q.half.halves, keys: k.half.halves, values: v.half.halves, rows: rows)
        let whole = trimtab_attention_sequence(
          queries: q.whole.floats, keys: k.whole.floats, values: v.whole.floats, query_count: rows,
          key_count: rows)
        for kvHead in 0..<kvHeads {
          for first in stride(from: 0, to: rows, by: TRIMTAB_ATTENTION_QUERY_BLOCK) {
            let end = min(rows, first + TRIMTAB_ATTENTION_QUERY_BLOCK)
            if isHalf {
              trimtab_attention_forward_bfloat16(
                out.half.halves, sums.floats, halves, layout, kvHead, first, end)
            } else {
              trimtab_attention_forward_reference(
                out.whole.floats, sums.floats, whole, layout, kvHead, first, end)
            }
          }
          if isHalf {
            trimtab_attention_backward_bfloat16(
              gradients, differences.floats, dOut.half.halves, out.half.halves, sums.floats, halves, layout,
              kvHead)
          } else {
            trimtab_attention_backward_reference(
              gradients, differences.floats, dOut.whole.floats, rounded.floats, sums.floats, whole, layout,
              kvHead)
          }
        }
        results.append([
          (isHalf ? out.half : out.whole).checked(), sums.checked(), dq.checked(), dk.checked(), dv.checked(),
        ])
      }
      for (found, expected) in zip(results[0], results[1]) {
        // Where all is 0, as a single row's gradients are, the bound is absolute.
        #expect(relativeDifference(found + [1], expected + [1]) <= 0x1p-7, "\(rows) rows")
      }
    }
  }
}
