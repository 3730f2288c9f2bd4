import Tensors
import Testing

@testable import Autodiff

/// Attention over caches, and weights that aren't float32.
struct InferenceTests {
  static let layouts = [
    AttentionLayout(heads: 6, kvHeads: 2, headDimension: 16),
    AttentionLayout(heads: 2, kvHeads: 2, headDimension: 8, window: 600),
    AttentionLayout(heads: 4, kvHeads: 1, headDimension: 24, window: 3, softCap: 4),
  ]

  /// A prompt, a few tokens at once and single tokens, of two sequences at a time: each row is what attention over
  /// the whole sequence gives.
  @Test(arguments: layouts)
  func attentionOverCachesEqualsAttentionOfWholeSequences(_ layout: AttentionLayout) throws {
    let compute = try makeCompute()
    let tape = Tape(compute: compute, isRecording: false)
    let lengths = [700, 75]
    let (columns, keyColumns) = (layout.queryColumns, layout.keyColumns)
    let sequences = lengths.enumerated().map { number, length in
      func tensor(_ columns: Int, _ seed: Int) -> Tensor {
        Tensor(numbers(length * columns, seed: seed + 10 * number), shape: [length, columns])
      }
      return (q: tensor(columns, 1), k: tensor(keyColumns, 2), v: tensor(keyColumns, 3))
    }
    let whole = sequences.map { sequence in
      tape.attention(
        Variable(sequence.q), Variable(sequence.k), Variable(sequence.v),
        segments: [AttentionSegment(rows: 0..<sequence.q.rows)], layout: layout
      ).value.array
    }
    // How many tokens of each sequence are new; what came before is in the cache.
    for new in [(600, 1), (70, 75), (1, 1), (1, 3), (4, 1)] {
      let counts = [new.0, new.1]
      var (rows, segments): ([Float], [AttentionSegment]) = ([], [])
      for (sequence, count) in zip(sequences, counts) {
        let first = rows.count / columns
        rows += sequence.q.array.suffix(count * columns)
        segments.append(
          AttentionSegment(
            rows: first..<first + count, past: (sequence.k, sequence.v), keyCount: sequence.q.rows))
      }
      let total = new.0 + new.1
      let ignored = Variable(
        Tensor([Float](repeating: .nan, count: total * keyColumns), shape: [total, keyColumns]))
      let out = tape.attention(
        Variable(Tensor(rows, shape: [total, columns])), ignored, ignored, segments: segments, layout: layout)
      let expected = zip(whole, counts).flatMap { $0.suffix($1 * columns) }
      #expect(relativeDifference(out.value.array, expected) <= 2e-6, "\(new)")
    }
  }

  @Test(arguments: [ElementType.bfloat16, .q8_0, .q4_1])
  func frozenWeightsOfAnyTypeActLikeTheirFloats(_ type: ElementType) throws {
    let compute = try makeCompute()
    let stored = Tensor(numbers(12 * 256, seed: 1), shape: [12, 256]).converted(to: type)
    let floats = Tensor(zeros: [12, 256])
    compute.dequantize(stored, into: floats)
    let results = [stored, floats].map { weight in
      let tape = Tape(compute: compute, isRecording: true)
      let x = Parameter(numbers(5 * 256, seed: 2), shape: [5, 256])
      let y = tape.linear(x.variable, Variable(weight))
      let looked = tape.embedding(Variable(weight), ids: [3, 11])
      tape.seed(y, with: Tensor(numbers(60, seed: 3), shape: [5, 12]))
      tape.backward()
      return (y.value.array, x.gradient.array, looked.value.array)
    }
    #expect(relativeDifference(results[0].0, results[1].0) <= 1e-5)
    #expect(relativeDifference(results[0].1, results[1].1) <= 1e-5)
    #expect(results[0].2 == results[1].2)
  }
}
