import CKernels
import Tensors

/// One sequence among the rows: its query rows attend causally to `keyCount` keys, of which the queries are the last.
public struct AttentionSegment: Sendable {
  /// The rows of q (and, without a past, of k and v) that are this sequence's.
  public var rows: Range<Int>
  /// The sequence's cache in inference, [capacity, kvHeads · headDimension] each, which already holds the new rows.
  public var past: (keys: Tensor, values: Tensor)?
  public var keyCount: Int

  /// A sequence whose keys and values are the rows themselves: training.
  public init(rows: Range<Int>) {
    self.rows = rows
    keyCount = rows.count
  }

  /// New rows of a sequence whose first `keyCount` keys and values lie in a cache: inference.
  public init(rows: Range<Int>, past: (keys: Tensor, values: Tensor), keyCount: Int) {
    precondition(keyCount >= rows.count && keyCount <= past.keys.rows && keyCount <= past.values.rows)
    self.rows = rows
    self.past = past
    self.keyCount = keyCount
  }

  /// Each of its rows as a sequence that ends there.
  fileprivate var singleRows: [AttentionSegment] {
    guard let past else { return [self] }
    return rows.map { row in
      AttentionSegment(rows: row..<row + 1, past: past, keyCount: keyCount - (rows.upperBound - 1 - row))
    }
  }
}

/// How heads lie in rows, and what scores are made of.
public struct AttentionLayout: Sendable, Hashable {
  /// Query heads; head h reads key and value head h / (heads / kvHeads).
  public var heads: Int
  public var kvHeads: Int
  public var headDimension: Int
  /// score = scale · q·k.
  public var scale: Float
  /// A query sees itself and the window - 1 keys before it; nil: all keys before it.
  public var window: Int?
  /// score = softCap · tanh(score / softCap); nil: as it is.
  public var softCap: Float?

  public init(
    heads: Int, kvHeads: Int, headDimension: Int, scale: Float? = nil, window: Int? = nil,
    softCap: Float? = nil
  ) {
    precondition(heads % kvHeads == 0 && headDimension <= AttentionLayout.largestHeadDimension)
    self.heads = heads
    self.kvHeads = kvHeads
    self.headDimension = headDimension
    self.scale = scale ?? 1 / Float(headDimension).squareRoot()
    self.window = window
    self.softCap = softCap
  }

  /// The largest head dimension that the kernels have room for; loaders refuse larger ones.
  public static let largestHeadDimension = TRIMTAB_ATTENTION_LARGEST_HEAD

  var queryColumns: Int { heads * headDimension }
  var keyColumns: Int { kvHeads * headDimension }
  var kernel: trimtab_attention_layout {
    trimtab_attention_layout(
      heads: heads, kv_heads: kvHeads, head_dimension: headDimension, scale: scale, soft_cap: softCap ?? 0,
      window: window ?? 0)
  }
}

/// out = softmax(scale · q·kᵀ + mask)·v in each head and sequence, with q and out [T, heads · headDimension], k and v
/// [T, kvHeads · headDimension].
///
/// Scores are made and forgotten in tiles of 64 × 64 (FlashAttention, arXiv:2205.14135); for the backward pass
/// the logarithm of each row's sum is kept, and probabilities are made again.
enum Attention {
  /// Keys that one tile of decoding reads.
  private static let decodedKeys = 512
  /// New rows of a sequence that are decoded one by one: as many as the few-rows product takes at least, so that a
  /// pass of so few rows gives the bits of as many passes of one.
  private static let decodedRows = Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)

  /// Keeps log Σ e^score in `logSums` [T, heads], when given.
  static func forward(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, _ segments: [AttentionSegment], _ layout: AttentionLayout,
    into out: Tensor, saving logSums: Tensor?, on tape: Tape
  ) {
    let isDecoding = { (segment: AttentionSegment) in segment.past != nil && segment.rows.count <= decodedRows
    }
    decode(q, segments.filter(isDecoding).flatMap(\.singleRows), layout, into: out, on: tape)
    let prompts = segments.filter { !isDecoding($0) }
    if q.elementType == .float32 {
      forEachBlock(of: prompts, layout, with: tape.compute) { segment, queries, kvHead in
        trimtab_attention_forward(
          out.floats + segment.rows.lowerBound * layout.queryColumns,
          logSums.map { $0.floats + segment.rows.lowerBound * layout.heads },
          sequence(segment, q, k, v, layout), layout.kernel, kvHead, queries.lowerBound, queries.upperBound)
      }
    } else if trimtab_attention_serves_bfloat16(layout.kernel) {
      forEachBlock(of: prompts, layout, with: tape.compute) { segment, queries, kvHead in
        trimtab_attention_forward_bfloat16(
          out.halves + segment.rows.lowerBound * layout.queryColumns,
          logSums.map { $0.floats + segment.rows.lowerBound * layout.heads },
          halves(segment, q, k, v, layout), layout.kernel, kvHead, queries.lowerBound, queries.upperBound)
      }
    } else {
      let wide = [q, k, v].map { tape.converted($0, to: .float32) }
      let wideOut = tape.workspace("attention", out.shape)
      forward(wide[0], wide[1], wide[2], segments, layout, into: wideOut, saving: logSums, on: tape)
      tape.compute.scale(wideOut, by: 1, into: out)
    }
  }

  /// Runs `body` on every block of queries of every sequence, for all heads that share one key head.
  private static func forEachBlock(
    of segments: [AttentionSegment], _ layout: AttentionLayout, with compute: Compute,
    _ body: (_ segment: AttentionSegment, _ queries: Range<Int>, _ kvHead: Int) -> Void
  ) {
    compute.run { pool in
      let block = TRIMTAB_ATTENTION_QUERY_BLOCK
      // The last queries see the most keys: they go first, so that no long tile is left for the end.
      let tiles = segments.flatMap { segment in
        stride(from: 0, to: segment.rows.count, by: block).reversed().flatMap { first in
          (0..<layout.kvHeads).map { (segment: segment, first: first, kvHead: $0) }
        }
      }
      pool.forEachTile(tiles.count) { tile in
        let (segment, first, kvHead) = tiles[tile]
        body(segment, first..<min(first + block, segment.rows.count), kvHead)
      }
    }
  }

  /// With P = softmax and D = Σ dout·out by row: dv = Pᵀ·dout, dS = P·(dout·vᵀ - D)·scale, dq = dS·k, dk = dSᵀ·q.
  static func backward(
    _ dOut: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, _ out: Tensor, saved logSums: Tensor,
    _ segments: [AttentionSegment], _ layout: AttentionLayout,
    to slots: (q: GradientSlot, k: GradientSlot, v: GradientSlot), on tape: Tape
  ) {
    let differences = tape.workspace("attention differences", logSums.shape)
    let isHalf = q.elementType == .bfloat16 && trimtab_attention_serves_bfloat16(layout.kernel)
    let inputs = [dOut, out, q, k, v].map { tape.converted($0, to: isHalf ? .bfloat16 : .float32) }
    let (dOut, out, q, k, v) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4])
    // Long sequences first, so that none is left for the end.
    let order = segments.sorted { $0.rows.count > $1.rows.count }
    tape.accumulate(slots.q) { dq, addingQ in
      tape.accumulate(slots.k) { dk, addingK in
        tape.accumulate(slots.v) { dv, addingV in
          tape.compute.run { pool in
            let (differences, logSums, kernel) = (differences.floats, logSums.floats, layout.kernel)
            pool.forEachTile(order.count * layout.kvHeads) { tile in
              let (segment, kvHead) = (order[tile / layout.kvHeads], tile % layout.kvHeads)
              let row = segment.rows.lowerBound
              let (query, key, sum) = (row * layout.queryColumns, row * layout.keyColumns, row * layout.heads)
              let gradients = trimtab_attention_gradients(
                queries: dq.floats + query, keys: dk.floats + key, values: dv.floats + key,
                adding_queries: addingQ, adding_keys: addingK, adding_values: addingV)
              if isHalf {
                trimtab_attention_backward_bfloat16(
                  gradients, differences + sum, dOut.halves + query, out.halves + query, logSums + sum,
                  halves(segment, q, k, v, layout), kernel, kvHead)
              } else {
                trimtab_attention_backward(
                  gradients, differences + sum, dOut.floats + query, out.floats + query, logSums + sum,
                  sequence(segment, q, k, v, layout), kernel, kvHead)
              }
            }
          }
        }
      }
    }
  }

  /// Single queries against long caches: parallel over sequences, key heads and stretches of keys.
  private static func decode(
    _ q: Tensor, _ segments: [AttentionSegment], _ layout: AttentionLayout, into out: Tensor, on tape: Tape
  ) {
    if segments.isEmpty { return }
    let tiles = segments.flatMap { segment in
      let first = max(0, segment.keyCount - (layout.window ?? segment.keyCount))
      return (0..<layout.kvHeads).flatMap { kvHead in
        stride(from: first, to: segment.keyCount, by: decodedKeys).map { key in
          (segment: segment, kvHead: kvHead, keys: key..<min(key + decodedKeys, segment.keyCount))
        }
      }
    }
    let group = layout.heads / layout.kvHeads
    let partLength = group * (layout.headDimension + 2)
    let parts = tape.workspace("attention parts", [tiles.count, partLength])
    tape.compute.run { pool in
      let (out, parts, kernel) = (out.floats, parts.floats, layout.kernel)
      pool.forEachTile(tiles.count) { tile in
        let (segment, kvHead, keys) = tiles[tile]
        trimtab_attention_decode(
          parts + tile * partLength, sequence(segment, q, q, q, layout), kernel, kvHead, keys.lowerBound,
          keys.upperBound)
      }
      var tile = 0
      while tile < tiles.count {
        let (segment, kvHead, _) = tiles[tile]
        let end =
          tiles[tile...].firstIndex { $0.kvHead != kvHead || $0.segment.rows != segment.rows } ?? tiles.count
        for head in 0..<group {
          let column = (kvHead * group + head) * layout.headDimension
          trimtab_attention_join(
            out + segment.rows.lowerBound * layout.queryColumns + column,
            parts + tile * partLength + head * (layout.headDimension + 2), end - tile, partLength,
            layout.headDimension)
        }
        tile = end
      }
    }
  }

  private static func sequence(
    _ segment: AttentionSegment, _ q: Tensor, _ k: Tensor, _ v: Tensor, _ layout: AttentionLayout
  ) -> trimtab_attention_sequence {
    let row = segment.rows.lowerBound
    return trimtab_attention_sequence(
      queries: q.floats + row * layout.queryColumns,
      keys: segment.past?.keys.floats ?? k.floats + row * layout.keyColumns,
      values: segment.past?.values.floats ?? v.floats + row * layout.keyColumns,
      query_count: segment.rows.count, key_count: segment.keyCount)
  }

  private static func halves(
    _ segment: AttentionSegment, _ q: Tensor, _ k: Tensor, _ v: Tensor, _ layout: AttentionLayout
  ) -> trimtab_attention_halves {
    let row = segment.rows.lowerBound
    return trimtab_attention_halves(
      queries: q.halves + row * layout.queryColumns, keys: k.halves + row * layout.keyColumns,
      values: v.halves + row * layout.keyColumns, rows: segment.rows.count)
  }
}

extension Tensor {
  /// The elements of a bfloat16 tensor, as their bits.
  fileprivate var halves: UnsafeMutablePointer<UInt16> {
    precondition(elementType == .bfloat16)
    return bytes.assumingMemoryBound(to: UInt16.self)
  }
}

extension Tape {
  /// Causal grouped-query attention of packed sequences.
  ///
  /// - Parameters:
  ///   - q: Queries, [T, heads · headDimension].
  ///   - k: Keys of the same rows, [T, kvHeads · headDimension]; not read for segments with a past.
  ///   - v: Values, like the keys.
  ///   - segments: The sequences; together they cover all rows. A past can't be recorded.
  /// - Returns: [T, heads · headDimension].
  public func attention(
    _ q: Variable, _ k: Variable, _ v: Variable, segments: [AttentionSegment], layout: AttentionLayout
  ) -> Variable {
    precondition(q.shape.columns == layout.queryColumns && k.shape.columns == layout.keyColumns)
    precondition(segments.reduce(0) { $0 + $1.rows.count } == q.shape.rows)
    let out = output("attention", q.shape, of: q, k, v)
    let logSums = out.slot.map { _ in saved("attention sums", [q.shape.rows, layout.heads]) }
    Attention.forward(
      q.value, k.value, v.value, segments, layout, into: out.value, saving: logSums, on: self)
    if let logSums {
      precondition(segments.allSatisfy { $0.past == nil })
      // An input that asks for no gradient still needs room for one, for all three come together.
      let slots = [q, k, v].map { $0.slot ?? GradientSlot(shape: $0.shape) }
      slots.forEach { $0.gatherInFloat32() }
      record(out) { [q = q.value, k = k.value, v = v.value, value = out.value] tape, dOut in
        Attention.backward(
          dOut, q, k, v, value, saved: logSums, segments, layout, to: (slots[0], slots[1], slots[2]), on: tape
        )
      }
    }
    return out
  }
}
