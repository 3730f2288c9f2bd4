import Autodiff
import Datasets
import Models
import Tensors
import Tokenizers
import Training

/// Training on random tokens, every one of which counts in the loss.
struct TrainingWorkload {
  let configuration: ModelConfiguration
  /// The frozen weights under an adapter; nil trains every weight of an untrained model.
  var frozen: [String: Tensor]?
  /// In a step.
  var sequences = 4
  var length = 512

  /// Tokens that go through the model at once: beyond a thousand, products gain little and activations take room.
  private static let tokensAtOnce = 1024

  /// The adapter that is trained over frozen weights: rank 16 on every linear layer.
  private var adapter: LowRankConfiguration {
    let linear = LayerModule.allCases.filter { $0.isLinear && configuration.shape(of: $0) != nil }
    return LowRankConfiguration(rank: 16, alpha: 32, targets: linear)
  }

  /// Tokens a second of each of `steps` steps, after one to warm up.
  func rates(steps: Int, compute: Compute) throws -> [Double] {
    let parameters: TrainableParameters
    let decoder: Decoder
    if let frozen {
      parameters = TrainableParameters(initializing: adapter, over: configuration, seed: 0)
      decoder = Decoder(
        configuration, parameters: frozen.mapValues { Variable($0) },
        adapter: LowRankAdapter(adapter, parameters: parameters.variables))
    } else {
      parameters = RandomWeights.trainable(configuration)
      decoder = Decoder(configuration, parameters: parameters.variables)
    }
    let sequencesAtOnce = min(sequences, max(1, Self.tokensAtOnce / length))
    let data = RandomBatches(
      sequences: sequencesAtOnce, length: length, vocabularySize: configuration.vocabularySize)
    let trainer = Trainer(
      .init(decoder: decoder, parameters: parameters, data: data),
      options: TrainingOptions(
        length: .steps(steps + 1), learningRate: LearningRate(.constant, peak: 1e-4),
        accumulation: (sequences + sequencesAtOnce - 1) / sequencesAtOnce, outlierLimit: nil),
      compute: compute)
    let pace = Pace()
    _ = try trainer.run([pace])
    guard pace.rates.count == steps + 1 else {
      throw BenchmarkError.skippedSteps(steps + 1 - pace.rates.count)
    }
    return Array(pace.rates.dropFirst())
  }

  /// Operations for each token, by formula.
  var operationsPerToken: Double {
    let work = ModelWork(configuration)
    guard frozen != nil else { return work.training(length: length) }
    let weights = adapter.parameterSlots(for: configuration).reduce(0) { $0 + $1.shape.count }
    return work.adapterTraining(length: length, adapterWeights: weights)
  }
}

/// Batches of sequences of random tokens; all of them the same.
private struct RandomBatches: TrainingData {
  let sequences: Int
  let length: Int
  let vocabularySize: Int

  var batchesPerEpoch: Int { 1 }
  var largestBatch: Int { sequences * length }

  func batch(_ number: Int) -> TokenBatch {
    var batch = TokenBatch()
    for sequence in 0..<sequences {
      let ids = RandomTokens.make(length, vocabularySize: vocabularySize, stream: UInt64(sequence))
      batch.append(ids: ids[...], mask: ArraySlice(repeating: 1, count: length))
    }
    return batch
  }
}

/// Tokens that mean nothing.
enum RandomTokens {
  static func make(_ count: Int, vocabularySize: Int, stream: UInt64 = 0) -> [TokenID] {
    let random = CounterRandom(seed: 0, stream: stream)
    return (0..<UInt64(count)).map { random.word(at: $0) % UInt32(vocabularySize) }
  }
}

/// Notes how fast steps are.
private final class Pace: TrainingConsumer {
  private(set) var rates: [Double] = []

  func receive(_ event: TrainingEvent) -> Continuation {
    if case .step(let step) = event { rates.append(Double(step.tokens) / step.seconds) }
    return .more
  }
}
