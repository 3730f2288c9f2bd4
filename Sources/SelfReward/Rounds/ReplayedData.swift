import Datasets
import Training

/// Pairs with a batch of the start's own examples after every few of their batches, so that what the start was taught
/// isn't forgotten while preferences are learnt.
struct ReplayedData: TrainingData {
  let pairs: any TrainingData
  let examples: any TrainingData
  /// After how many batches of pairs one of examples comes.
  let interval: Int

  var batchesPerEpoch: Int { pairs.batchesPerEpoch + groups }
  var largestBatch: Int { max(pairs.largestBatch, examples.largestBatch) }

  /// How many times an epoch a batch of examples comes.
  private var groups: Int { pairs.batchesPerEpoch / interval }

  func batch(_ number: Int) throws -> TokenBatch {
    let (epoch, place) = number.quotientAndRemainder(dividingBy: batchesPerEpoch)
    let (group, within) = place.quotientAndRemainder(dividingBy: interval + 1)
    if group < groups, within == interval { return try examples.batch(epoch * groups + group) }
    return try pairs.batch(epoch * pairs.batchesPerEpoch + place - min(group, groups))
  }
}

/// The preference objective on pairs, the likelihood of the next token on the batches between them.
///
/// A batch of examples weighs what one pair does, so that a step may hold both.
struct ReplayObjective: Objective {
  let pairs: PreferenceObjective

  func weight(of batch: TokenBatch) -> Double { batch.pairs.isEmpty ? 1 : pairs.weight(of: batch) }

  func loss(of batch: TokenBatch) -> TargetLoss {
    guard batch.pairs.isEmpty else { return pairs.loss(of: batch) }
    let total = Float(NextToken().weight(of: batch))
    return .weighted(batch.weights.map { total > 0 ? $0 / total : 0 })
  }
}
