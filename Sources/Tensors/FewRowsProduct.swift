import CKernels

/// The forward product for a few rows of activations, as in decoding.
///
/// Every engine takes it, for its time is that of reading the weights, whatever the arithmetic. Weights are decoded
/// as they are read; products and sums are float32.
struct FewRowsProduct {
  /// The most rows that it's worth for; beyond, decoded weights are better used more than once.
  static let rowLimit = Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)

  /// How many bytes of weights a tile reads: enough to be worth a thread's while.
  private static let tileBytes = 1 << 16

  /// `y (+)= x · Wᵀ`: x [rows, in], weight [out, in], y [rows, out].
  static func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, on pool: ThreadPool
  ) {
    let (from, to, storage) = (x.floats, y.floats, weight.storage)
    let (input, output, rowBytes) = (weight.columns, weight.rows, weight.rowBytes)
    let length = max(1, tileBytes / max(1, rowBytes))
    pool.forEachRange(of: output, length: length) { outputs in
      trimtab_multiply_rows(
        storage, weight.bytes + outputs.lowerBound * rowBytes, outputs.count, input, from, x.rows, input,
        to + outputs.lowerBound, output, adding)
    }
  }
}
