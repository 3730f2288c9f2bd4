import CKernels
import Tensors

/// What a small model learns from a base: the base's distribution, softened, and the next token.
///
///     L = Σ w · ((1 − λ) · T² · KL(softmax(z_base / T) ‖ softmax(z / T)) − λ · log softmax(z)[target])
///
/// T² keeps the gradient's size whatever T is (Hinton and others 2015, section 2). An objective for `chunkedHead`.
public struct DivergenceLoss: Sendable {
  /// The token that follows each row; [T].
  public let targets: [UInt32]
  /// What each row counts; [T].
  public let weights: [Float]
  /// T: over 1, unlikely tokens are learnt from too.
  public let temperature: Float
  /// λ: the next token's part.
  public let nextTokenShare: Float

  /// The parts of some rows' loss, weighted and summed.
  public struct Sums: Sendable, Hashable {
    /// Everything together.
    public var loss = 0.0
    /// KL at the temperature, in nats.
    public var divergence = 0.0
    /// −log p of the next token, in nats.
    public var nextToken = 0.0

    /// Nothing summed yet.
    public init() {}
  }

  public init(targets: [UInt32], weights: [Float], temperature: Float, nextTokenShare: Float) {
    precondition(targets.count == weights.count && temperature > 0 && (0...1).contains(nextTokenShare))
    self.targets = targets
    self.weights = weights
    self.temperature = temperature
    self.nextTokenShare = nextTokenShare
  }

  /// The sums of some rows; with a gradient, their logits are overwritten with ∂L/∂z.
  ///
  /// - Parameters:
  ///   - logits: [rows.count, V].
  ///   - base: The base's, of the same shape; they stay as they are.
  ///   - rows: Which of the T rows these are.
  public func sums(
    of logits: Tensor, base: Tensor, rows: Range<Int>, wantsGradient: Bool, with compute: Compute
  ) -> Sums {
    precondition(logits.rows == rows.count && rows.upperBound <= targets.count && base.shape == logits.shape)
    let losses = compute.arena.tensor("losses", [2, rows.count], elementType: .float64, for: .workspace)
    let known = compute.arena.tensor("log-probabilities", [rows.count], for: .workspace)
    var sums = Sums()
    compute.run { pool in
      let perRow = losses.bytes.assumingMemoryBound(to: Double.self)
      let divergences = perRow + rows.count
      let (z, b, vocabulary, logProbabilities) = (logits.floats, base.floats, logits.columns, known.floats)
      precondition(targets[rows].allSatisfy { $0 < vocabulary })
      targets[rows].withUnsafeBufferPointer { targets in
        weights[rows].withUnsafeBufferPointer { weights in
          guard let targets = targets.baseAddress, let weights = weights.baseAddress else { return }
          pool.forEachRows(of: rows.count, columns: vocabulary) { range in
            let row = range.lowerBound
            trimtab_distillation(
              z + row * vocabulary, b + row * vocabulary, targets + row, weights + row, temperature,
              nextTokenShare, perRow + row, divergences + row, logProbabilities + row, range.count,
              vocabulary,
              wantsGradient)
          }
        }
      }
      for row in 0..<rows.count {
        let weight = Double(weights[rows.lowerBound + row])
        sums.loss += perRow[row]
        sums.divergence += weight * divergences[row]
        sums.nextToken -= weight * Double(logProbabilities[row])
      }
    }
    return sums
  }
}
