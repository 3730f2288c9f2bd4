import Datasets
import Formats
import Foundation
import Models
import Tensors
import Tokenizers
import Training

/// Tunes the base on examples, as a stage: made once, gone on with where it was interrupted.
public struct SupervisedStage {
  public let base: String
  public let training: TrainingOptions
  public let method: TunedModel.Method
  public let batchTokens: Int
  public let recipe: String
  public let compute: Compute

  /// - Parameter recipe: The resolved recipe, kept beside the model.
  public init(
    base: String, training: TrainingOptions, method: TunedModel.Method, batchTokens: Int, recipe: String,
    compute: Compute
  ) {
    self.base = base
    self.training = training
    self.method = method
    self.batchTokens = batchTokens
    self.recipe = recipe
    self.compute = compute
  }

  /// Makes the model of a stage in a folder, or finds what was made before.
  ///
  /// - Parameters:
  ///   - name: What the stage's file calls it, and what its seed is drawn from.
  ///   - fingerprint: Names what the examples say.
  /// - Throws: `SelfRewardLoopError.interrupted` when a stop was asked for; what training throws.
  func model(
    _ name: String, on examples: TokenizedExamples, named fingerprint: String, seed: UInt64, folder: String,
    stop: StopSignal?, consumers: [any TrainingConsumer]
  ) throws -> StartModel {
    let path = folder + "/model"
    var training = training
    training.seed = StageSeed(seed: seed, round: 0)(name)
    let checkpoint = try Checkpoint.load(base)
    let file = StageFile(
      path: folder + "/training.jsonl",
      header: [
        "stage": .string(name), "seed": .string("\(training.seed)"),
        "from": .string("\(checkpoint.fingerprint)"), "examples": .string(fingerprint),
        "training": .string("\(training)"),
      ])
    let rows = try file.rows(stretches: 1, isStopped: { stop?.isRequested ?? false }) { _ in
      let tokenizer = try Tokenizer.load(path: base)
      let model = try TunedModel(.pretrained(checkpoint), method: method)
      let batches = Batches(
        [(examples, 1)], maximumLength: model.configuration.contextLength, grouping: .tokens(batchTokens),
        seed: training.seed)
      let ended = try FineTuning(
        model: model, data: SegmentData(batches: batches), dataFingerprint: fingerprint, training: training,
        output: FineTuning.Output(
          folder: path, mode: .goingOn(in: path), recipe: recipe, elementType: .float32, tokenizer: tokenizer,
          keepBest: false, keepStates: 1)
      ).run(pool: compute.pool, engine: compute.engine, consumers: consumers, stop: stop)
      if ended.reason == .interrupted { throw SelfRewardLoopError.interrupted }
      return [
        [
          "model": .string("\(try Checkpoint.load(path).fingerprint)"),
          "metrics": .object(try TrainingSummary.metrics(of: path)),
        ]
      ]
    }
    try? FileManager.default.removeItem(atPath: path + "/state")
    return StartModel(
      path: path, fingerprint: try NumberReader(rows.first ?? .null, path: file.path, row: 1).text("model"),
      examples: examples)
  }
}
