import Datasets

/// Where batches come from: a pure function of their number, so that a resumed run sees what it would have (rule 10).
public protocol TrainingData: Sendable {
  /// How many batches one pass over the data has.
  var batchesPerEpoch: Int { get }

  /// The most tokens that a batch of any epoch may have.
  var largestBatch: Int { get }

  /// A batch by its number; those beyond the first epoch are the next epochs'.
  func batch(_ number: Int) throws -> TokenBatch
}

/// Which batches each step of a run takes.
struct StepPlan: Sendable, Hashable {
  let totalSteps: Int
  let totalBatches: Int
  private let accumulation: Int

  init(_ length: TrainingOptions.Length, batchesPerEpoch: Int, accumulation: Int) {
    self.accumulation = accumulation
    switch length {
    case .steps(let steps):
      totalBatches = steps * accumulation
    case .epochs(let epochs):
      // 1.1 epochs of 100 batches are 110 of them, though their product in binary is more by a last bit.
      totalBatches = Int((epochs * Double(batchesPerEpoch) - 1e-9).rounded(.up))
    }
    totalSteps = (totalBatches + accumulation - 1) / accumulation
  }

  /// The numbers of a step's batches; the last step of whole epochs may have fewer.
  func batches(ofStep step: Int) -> Range<Int> {
    step * accumulation..<min((step + 1) * accumulation, totalBatches)
  }
}
