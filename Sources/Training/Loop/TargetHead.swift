import Autodiff
import Datasets
import Tensors

/// The output head over a batch's counting positions: what it makes of their targets, alone or in an ensemble.
struct TargetHead {
  private let head: Variable
  private let targets: [UInt32]
  private let counting: [Int]
  /// How many positions the batch has.
  private let count: Int
  private let ensemble: Ensemble?
  private let tape: Tape
  /// Where the ensemble's other logits of each counting position lie.
  private let rows: [Int]

  /// - Throws: `TrainingError` when the ensemble's other logits don't cover the batch.
  init(
    _ head: Variable, batch: TokenBatch, counting: [Int], ensemble: Ensemble?, on tape: Tape
  ) throws {
    self.head = head
    self.tape = tape
    self.counting = counting
    self.ensemble = ensemble
    targets = counting.map { batch.targets[$0] }
    count = batch.count
    // The batch of a plan holds nothing that anybody computed anything for.
    rows = tape.compute.isPlanning ? [] : try ensemble?.rows(of: batch) ?? []
  }

  /// The weighted cross-entropy `Σ −w · log p` of hidden rows; its gradient accumulates when the tape records.
  func loss(of hidden: Variable, weights: [Float]) throws -> Double {
    try run(hidden, head, CrossEntropy(targets: targets, weights: weights))
  }

  /// The parts of the loss of hidden rows beside what a base says of them; the gradient accumulates alike.
  func loss(
    of hidden: Variable, weights: [Float], _ lesson: Lesson, _ distillation: Distillation
  ) throws -> DivergenceLoss.Sums {
    let divergence = DivergenceLoss(
      targets: targets, weights: weights, temperature: distillation.temperature,
      nextTokenShare: distillation.nextTokenShare)
    var sums = DivergenceLoss.Sums()
    _ = try tape.chunkedHead(hidden, head, rowsPerChunk: rowsPerChunk) {
      (logits, chunk, wantsGradient) throws(any Error) in
      let base = try lesson.logits(of: chunk, logits.shape, with: tape.compute)
      let part = divergence.sums(
        of: logits, base: base, rows: chunk, wantsGradient: wantsGradient, with: tape.compute)
      sums.loss += part.loss
      sums.divergence += part.divergence
      sums.nextToken += part.nextToken
      return part.loss
    }
    return sums
  }

  /// The log-probability of every position's target, 0 at those that don't count; leaves no trace on the tape.
  func logProbabilities(of hidden: Variable) throws -> [Double] {
    let weights = [Float](repeating: 0, count: targets.count)
    let crossEntropy = CrossEntropy(targets: targets, weights: weights)
    // Constants: what would read the hidden rows a second time changes how their gradient gathers.
    _ = try run(Variable(hidden.value), Variable(head.value), crossEntropy)
    var all = [Double](repeating: 0, count: count)
    for (position, value) in zip(counting, crossEntropy.logProbabilities.array) {
      all[position] = Double(value)
    }
    return all
  }

  /// About 128 MiB of logits at a time, whatever the vocabulary.
  private var rowsPerChunk: Int { max(32, (1 << 25) / head.shape.rows) }

  private func run(_ hidden: Variable, _ head: Variable, _ crossEntropy: CrossEntropy) throws -> Double {
    try tape.chunkedHead(hidden, head, rowsPerChunk: rowsPerChunk) {
      (logits, chunk, wantsGradient) throws(any Error) in
      try ensemble?.join(logits, rows: rows.isEmpty ? [] : rows[chunk], with: tape.compute)
      let loss = crossEntropy.loss(of: logits, rows: chunk, wantsGradient: wantsGradient, with: tape.compute)
      if wantsGradient { ensemble?.backward(logits, with: tape.compute) }
      return loss
    }
  }
}
