import Datasets
import Models
import Tensors

@testable import Training

/// Pairs over the tiny Llama's vocabulary, of unequal lengths: in one answer each token follows from the one before.
enum TinyPairs {
  static func pairs(_ count: Int, vocabulary: Int = 61) -> [PreferencePair] {
    (0..<count).map { number in
      func chain(from start: Int, step: Int, length: Int) -> [UInt32] {
        var ids = [UInt32(start % vocabulary)]
        while ids.count < length { ids.append((ids[ids.count - 1] * 5 + UInt32(step)) % UInt32(vocabulary)) }
        return ids
      }
      let prompt = chain(from: number * 17 + 1, step: 3, length: 2 + number % 4)
      let next = Int(prompt[prompt.count - 1]) * 5 + 3
      return PreferencePair(
        prompt: prompt, chosen: chain(from: next, step: 3, length: 3 + number % 3) + [62],
        rejected: chain(from: next + 7, step: 8, length: 2 + (number * 2) % 5) + [62],
        weight: number % 3 == 2 ? 0.5 : 1)
    }
  }

  static func batches(
    _ count: Int = 6, tokensPerBatch: Int = 40, seed: UInt64 = 1, hasMismatches: Bool = false,
    _ change: (PreferencePair) -> PreferencePair = { $0 }
  ) -> PreferenceBatches {
    PreferenceBatches(
      pairs(count).map(change), maximumLength: 20, tokensPerBatch: tokensPerBatch, seed: seed,
      hasMismatches: hasMismatches)
  }

  /// The same with the reference that some tiny model is.
  static func scored(
    _ batches: PreferenceBatches, model path: String = fixtures + "/tiny-llama", compute: Compute
  ) throws -> PreferenceBatches {
    let checkpoint = try Checkpoint.load(path)
    let model = try TunedModel(
      .pretrained(checkpoint), method: checkpoint.adapter.map { .lowRank($0.configuration) } ?? .full)
    return try ReferenceScoring.fill(batches, with: model.startDecoder(), compute: compute)
  }

  static func compute(threads: Int = 1, engine: any MatrixEngine = OpenBLASEngine()) throws -> Compute {
    Compute(pool: ThreadPool(threads: threads), engine: engine, arena: try Arena(capacity: 64 << 20))
  }
}

extension [Metric] {
  subscript(name: String) -> Double? { first { $0.name == name }?.value }
}
