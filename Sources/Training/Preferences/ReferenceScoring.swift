import Autodiff
import Datasets
import Models
import Tensors

/// Computes what a reference makes of preference pairs, once, before training on them.
///
/// A reference is a model that stays as it is: the one that a run begins at, the same without its adapter, or any
/// other. Scored over the batches that are trained on, by the trainer's own forward pass, the start of a run has the
/// same bits as its first step, so that rewards begin at exactly 0.
public enum ReferenceScoring {
  /// Fills in what a decoder makes of batches, by the forward pass that training has.
  ///
  /// - Parameters:
  ///   - ensemble: what the reference's logits are part of when the trained model's are.
  ///   - forValidation: Computed as validation computes them: not rounding what only training keeps in few bits.
  ///   - progress: is told before each batch which share is done; an error of its own ends everything.
  public static func fill(
    _ batches: PreferenceBatches, with decoder: Decoder, in ensemble: Ensemble? = nil,
    forValidation: Bool = false, compute: Compute, progress: (_ share: Double) throws -> Void = { _ in }
  ) throws -> PreferenceBatches {
    let alone = NextToken()
    let pass = LossPass(
      decoder: decoder, objective: ensemble.map { EnsembleObjective(alone, through: $0) } ?? alone,
      activationCheckpointing: true)
    var references = [ReferenceLogProbabilities?](repeating: nil, count: batches.pairs.count)
    for number in 0..<batches.batchesPerEpoch {
      try progress(Double(number) / Double(batches.batchesPerEpoch))
      let batch = batches.batch(number)
      let tape = Tape(compute: compute, isRecording: !forValidation)
      let sums = batch.sumsOfSegments(try pass.logProbabilities(of: batch, on: tape))
      for (item, pair) in zip(batches.plan.items(ofBatch: number), batch.pairs) {
        references[item] = ReferenceLogProbabilities(
          chosen: sums[pair.chosen], rejected: sums[pair.rejected],
          mismatched: pair.mismatched.map { sums[$0] })
      }
    }
    return batches.with(references.compactMap { $0 })
  }
}

extension TunedModel {
  /// The decoder as a run begins with it; `seed` draws what is random.
  public func startDecoder(seed: UInt64 = 0) -> Decoder { makeDecoder(makeParameters(seed: seed)) }

  /// The same without an adapter: what a LoRA run began over.
  public var bareDecoder: Decoder {
    switch start {
    case .pretrained(let checkpoint): checkpoint.withoutAdapter.makeDecoder()
    case .untrained, .initialized: startDecoder()
    }
  }
}
