import CKernels
import Testing

/// Floats between stretches of NaN: reading beyond the ends spoils the result, writing there shows.
final class Guarded {
  private static let padding = 80
  private let memory: UnsafeMutablePointer<Float>
  let count: Int

  init(_ elements: [Float]) {
    count = elements.count
    memory = .allocate(capacity: count + 2 * Self.padding)
    memory.initialize(repeating: .nan, count: count + 2 * Self.padding)
    (memory + Self.padding).update(from: elements, count: count)
  }

  deinit { memory.deallocate() }

  var floats: UnsafeMutablePointer<Float> { memory + Self.padding }

  /// The elements, after a look at whether the padding is still whole.
  func checked() -> [Float] {
    let all = Array(UnsafeBufferPointer(start: memory, count: count + 2 * Self.padding))
    let padding = all.prefix(Self.padding) + all.suffix(Self.padding)
    #expect(padding.filter(\.isNaN).count == 2 * Self.padding)
    return Array(all.dropFirst(Self.padding).prefix(count))
  }
}

/// A kernel run with its inputs made for some size, once as the machine runs it and once by its plain twin.
struct KernelCase: CustomTestStringConvertible, Sendable {
  let name: String
  /// How far the two may be apart, in units in the last place of the largest value (or of 1, if that is more).
  let tolerance: Float
  /// The results for `count` elements (or rows, or keys).
  let run: @Sendable (_ reference: Bool, _ count: Int) -> [[Float]]

  var testDescription: String { name }

  init(_ name: String, within tolerance: Float, _ run: @escaping @Sendable (Bool, Int) -> [[Float]]) {
    (self.name, self.tolerance, self.run) = (name, tolerance, run)
  }
}

private func random(_ count: Int, seed: Int, scale: Float = 1) -> Guarded {
  Guarded(numbers(count, seed: seed, scale: scale))
}

private let activations = [TRIMTAB_SILU, TRIMTAB_GELU_TANH, TRIMTAB_GELU_EXACT]
private let columns = 37

extension KernelCase {
  static let elementwise: [KernelCase] = [
    KernelCase("sum", within: 0) { reference, count in
      let (x, y, z) = (random(count, seed: 1), random(count, seed: 2), random(count, seed: 3))
      (reference ? trimtab_sum_reference : trimtab_sum)(z.floats, x.floats, y.floats, count)
      return [z.checked()]
    },
    KernelCase("scale", within: 1) { reference, count in
      [true, false].map { adding in
        let (x, y) = (random(count, seed: 1), random(count, seed: 2))
        (reference ? trimtab_scale_reference : trimtab_scale)(y.floats, adding, x.floats, 0.3, count)
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
      var places = [Int](repeating: 0, count: 3)
      (reference ? trimtab_argmax_reference : trimtab_argmax)(&places[0], z.floats, count)
      let draw = reference ? trimtab_draw_reference : trimtab_draw
      draw(&places[1], z.floats, nil, count, 0.7, 0x1234_5678_9abc_def0)
      draw(&places[2], z.floats, tokens, count, 1.4, 77)
      return [places.map(Float.init), z.checked()]
    },
    KernelCase("add bias", within: 0) { reference, count in
      let (y, bias) = (random(count * columns, seed: 1), random(columns, seed: 2))
      (reference ? trimtab_add_bias_reference : trimtab_add_bias)(y.floats, bias.floats, count, columns)
      return [y.checked()]
    },
    KernelCase("column sums", within: 16) { reference, count in
      [true, false].map { adding in
        let (x, sums) = (random(count * 50 - 50 + columns, seed: 1), random(columns, seed: 2))
        (reference ? trimtab_column_sums_reference : trimtab_column_sums)(
          sums.floats, adding, x.floats, count, columns, 50)
        return sums.checked()
      }
    },
    KernelCase("dropout", within: 0) { reference, count in
      [true, false].map { adding in
        let (x, y) = (random(count, seed: 1), random(count, seed: 2))
        (reference ? trimtab_dropout_reference : trimtab_dropout)(
          y.floats, adding, x.floats, count, 0.4, 0x1234_5678_9abc_def0, (1 << 32) - 7)
        return y.checked()
      }
    },
    KernelCase("activation", within: 8) { reference, count in
      activations.flatMap { kind in
        let (x, y, dx) = (random(count, seed: 1, scale: 12), random(count, seed: 2), random(count, seed: 3))
        (reference ? trimtab_activation_forward_reference : trimtab_activation_forward)(
          kind, y.floats, x.floats, count)
        let dy = random(count, seed: 4)
        (reference ? trimtab_activation_backward_reference : trimtab_activation_backward)(
          kind, dx.floats, true, dy.floats, x.floats, count)
        return [y.checked(), dx.checked()]
      }
    },
    KernelCase("gate", within: 8) { reference, count in
      activations.flatMap { kind in
        let (gate, up) = (random(count, seed: 1, scale: 12), random(count, seed: 2))
        let (y, dGate) = (random(count, seed: 3), random(count, seed: 4))
        let (dy, dUp) = (random(count, seed: 5), random(count, seed: 6))
        (reference ? trimtab_gated_forward_reference : trimtab_gated_forward)(
          kind, y.floats, gate.floats, up.floats, count)
        let backward = reference ? trimtab_gated_backward_reference : trimtab_gated_backward
        backward(kind, dGate.floats, true, dUp.floats, false, dy.floats, gate.floats, up.floats, count)
        backward(kind, nil, false, dUp.floats, true, dy.floats, gate.floats, up.floats, count)
        backward(kind, dGate.floats, true, nil, false, dy.floats, gate.floats, up.floats, count)
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
    KernelCase("rms norm", within: 16) { reference, count in
      let (x, gain, y) = (random(3 * count, seed: 1), random(count, seed: 2), random(3 * count, seed: 3))
      let (inverse, dx, dy) = (random(3, seed: 4), random(3 * count, seed: 5), random(3 * count, seed: 6))
      let dGain = random(count, seed: 7)
      (reference ? trimtab_rms_norm_forward_reference : trimtab_rms_norm_forward)(
        y.floats, inverse.floats, x.floats, gain.floats, 3, count, 1e-5, 1)
      (reference ? trimtab_rms_norm_backward_reference : trimtab_rms_norm_backward)(
        dx.floats, true, dGain.floats, dy.floats, x.floats, inverse.floats, gain.floats, 3, count, 1)
      return [y.checked(), inverse.checked(), dx.checked(), dGain.checked()]
    },
    KernelCase("layer norm", within: 64) { reference, count in
      // One element more, so that no row has variance 0, which ε alone would divide.
      let count = count + 1
      let (x, gain, bias) = (random(3 * count, seed: 1), random(count, seed: 2), random(count, seed: 8))
      let (y, statistics, dx) = (random(3 * count, seed: 3), random(6, seed: 4), random(3 * count, seed: 5))
      let (dy, dGain, dBias) = (random(3 * count, seed: 6), random(count, seed: 7), random(count, seed: 9))
      (reference ? trimtab_layer_norm_forward_reference : trimtab_layer_norm_forward)(
        y.floats, statistics.floats, x.floats, gain.floats, bias.floats, 3, count, 1e-5)
      (reference ? trimtab_layer_norm_backward_reference : trimtab_layer_norm_backward)(
        dx.floats, false, dGain.floats, dBias.floats, dy.floats, x.floats, statistics.floats, gain.floats, 3,
        count)
      return [y.checked(), statistics.checked(), dx.checked(), dGain.checked(), dBias.checked()]
    },
    KernelCase("rotary", within: 2) { reference, count in
      [true, false].flatMap { interleaved in
        [true, false].map { inverse in
          let (x, y) = (random(count * 2 * 20, seed: 1), random(count * 2 * 20, seed: 2))
          let table = random(7 * 12, seed: 3)
          let positions = (0..<count).map { Int32($0 * 5 % 7) }
          (reference ? trimtab_rotary_reference : trimtab_rotary)(
            y.floats, inverse, x.floats, table.floats, positions, count, 2, 20, 12, interleaved, inverse)
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
            dq.floats, true, dk.floats, false, dv.floats, true, differences.floats, dOut.floats, out.floats,
            sums.floats, sequence, layout, kvHead)
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
    for (found, expected) in zip(kernel.run(false, count), kernel.run(true, count)) {
      let largest = expected.reduce(1) { max($0, abs($1)) }
      let difference = zip(found, expected).reduce(Float(0)) { worst, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(worst, difference)
      }
      #expect(difference <= kernel.tolerance * largest.ulp, "\(kernel.name) of \(count)")
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
}
