import CKernels

/// The forward products of a few rows of activations with one or more weights, as in decoding.
///
/// Every engine takes it: for the fewest rows its time is that of reading the weights, whatever the arithmetic.
/// Weights are decoded as they are read, and every element is summed in the same order, however many rows there are.
struct FewRowsProduct {
  /// The most rows that a kernel takes at once.
  static let rowLimit = Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)

  /// A weight [out, in], and where its product goes: [rows, out].
  typealias Factor = (weight: Tensor, y: Tensor)

  /// Whether x and weights are rounded to bfloat16; else they are taken as they are.
  ///
  /// Sums are float32 in either.
  let isRounding: Bool

  /// Products in that precision; in float32 as well where the processor doesn't multiply bfloat16 numbers.
  init(_ precision: Precision) { isRounding = precision == .bf16 && trimtab_bfloat16_rows_served() }

  /// `y (+)= x · Wᵀ` for each weight, in one job of the pool: x [rows, in].
  ///
  /// More rows than a kernel takes go in groups, one after another over each tile of a weight while it is at hand.
  func multiply(_ x: Tensor, transposed factors: [Factor], adding: Bool = false, with compute: Compute) {
    let groups = stride(from: 0, to: x.rows, by: Self.rowLimit).map {
      $0..<min(x.rows, $0 + Self.rowLimit)
    }
    let arranged = isRounding ? groups.map { arrange(x.rows($0), for: factors, with: compute) } : []
    compute.run { pool in
      let (from, input) = (x.floats, x.columns)
      let cuts = factors.map { Self.outputsPerTile($0.weight, isReadOnce: groups.count == 1) }
      let counts = zip(factors, cuts).map { ($0.weight.rows + $1 - 1) / $1 }
      pool.forEachTile(counts.reduce(0, +)) { number in
        var tile = number
        var index = 0
        while tile >= counts[index] {
          tile -= counts[index]
          index += 1
        }
        let (weight, y) = factors[index]
        let outputs = tile * cuts[index]..<min(weight.rows, (tile + 1) * cuts[index])
        let part = weight.bytes + outputs.lowerBound * weight.rowBytes
        for (number, rows) in groups.enumerated() {
          let to = y.floats + rows.lowerBound * weight.rows + outputs.lowerBound
          if isRounding {
            trimtab_bfloat16_rows_multiply(
              weight.storage, part, outputs.count, input, arranged[number][index].words, rows.count, to,
              weight.rows, adding)
          } else {
            trimtab_multiply_rows(
              weight.storage, part, outputs.count, input, from + rows.lowerBound * input, rows.count, input,
              to, weight.rows, adding)
          }
        }
      }
    }
  }

  /// x in bfloat16 in the order that each weight's storage wants; those of the same order share it.
  private func arrange(_ x: Tensor, for factors: [Factor], with compute: Compute) -> [Tensor] {
    var known: [UInt32: Tensor] = [:]
    return factors.map { weight, _ in
      let order = trimtab_bfloat16_rows_order(weight.storage)
      if let arranged = known[order] { return arranged }
      let arranged = compute.arena.tensor(
        "arranged activations", [trimtab_bfloat16_rows_length(x.rows, x.columns)], elementType: .bfloat16,
        for: .workspace)
      compute.run { _ in
        trimtab_bfloat16_rows_arrange(
          weight.storage, x.floats, x.rows, x.columns, x.columns, arranged.words)
      }
      known[order] = arranged
      return arranged
    }
  }

  /// Rows of a weight in one tile: enough to be worth a thread's while, few enough that no thread waits long, and
  /// that a tile which is read again is still in the core's cache.
  private static func outputsPerTile(_ weight: Tensor, isReadOnce: Bool) -> Int {
    let bytes = min(isReadOnce ? 1 << 20 : 1 << 18, max(1 << 13, weight.byteCount / 8))
    return max(1, bytes / max(1, weight.rowBytes) / 16) * 16
  }
}

extension Tensor {
  /// The elements of a bfloat16 tensor, as they are stored.
  fileprivate var words: UnsafeMutablePointer<UInt16> { bytes.assumingMemoryBound(to: UInt16.self) }
}
