import CKernels
import Tensors

/// Weighted cross-entropy against one target a row: loss = -Σ weights[t] · log softmax(z[t])[targets[t]].
///
/// An objective for `chunkedHead`: it sees a chunk of logits at a time.
public struct CrossEntropy: Sendable {
  /// The token that each row should predict; [T].
  public let targets: [UInt32]
  /// What each row counts; 0 masks it; [T].
  public let weights: [Float]
  /// The log-probability of each row's target, masked rows too, once its chunk has been seen; [T].
  public let logProbabilities: Tensor

  public init(targets: [UInt32], weights: [Float]) {
    precondition(targets.count == weights.count)
    self.targets = targets
    self.weights = weights
    logProbabilities = Tensor(zeros: [targets.count])
  }

  /// The weighted loss of some rows; with a gradient, their logits are overwritten with
  /// ∂loss/∂z = weight · (softmax(z) - onehot(target)).
  ///
  /// - Parameters:
  ///   - logits: [rows.count, V].
  ///   - rows: Which of the T rows these are.
  public func loss(
    of logits: Tensor, rows: Range<Int>, wantsGradient: Bool, with compute: Compute
  ) -> Double {
    precondition(logits.rows == rows.count && rows.upperBound <= targets.count)
    let losses = compute.arena.tensor("losses", [rows.count], elementType: .float64, for: .workspace)
    var sum = 0.0
    compute.run { pool in
      let perRow = losses.bytes.assumingMemoryBound(to: Double.self)
      let (z, vocabulary, known) = (logits.floats, logits.columns, logProbabilities.floats + rows.lowerBound)
      precondition(targets[rows].allSatisfy { $0 < vocabulary })
      targets[rows].withUnsafeBufferPointer { targets in
        weights[rows].withUnsafeBufferPointer { weights in
          guard let targets = targets.baseAddress, let weights = weights.baseAddress else { return }
          pool.forEachRows(of: rows.count, columns: vocabulary) { range in
            let row = range.lowerBound
            trimtab_cross_entropy(
              z + row * vocabulary, targets + row, weights + row, perRow + row, known + row, range.count,
              vocabulary, wantsGradient)
          }
        }
      }
      for row in 0..<rows.count { sum += perRow[row] }
    }
    return sum
  }
}
