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
struct ReplayObjective: Objective {
  let pairs: PreferenceObjective
  let examples = NextToken()

  private func objective(of batch: TokenBatch) -> any Objective { batch.pairs.isEmpty ? examples : pairs }

  func weight(of batch: TokenBatch) -> Double { objective(of: batch).weight(of: batch) }

  func loss(of batch: TokenBatch) -> TargetLoss { objective(of: batch).loss(of: batch) }
}
