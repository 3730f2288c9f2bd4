import Datasets
import Formats
import Foundation
import Models
import Tensors
import Tokenizers
import Training

/// Tunes the base on a few solved problems, so that it answers at all: the rounds' start.
public struct StartTuning {
  public let base: String
  public let task: ArithmeticTask
  /// How many solved problems; 0: the base is the start.
  public let examples: Int
  public let training: TrainingOptions
  public let method: TunedModel.Method
  public let batchTokens: Int
  public let template: String
  public let recipe: String
  public let compute: Compute

  public init(
    base: String, task: ArithmeticTask, examples: Int, training: TrainingOptions,
    method: TunedModel.Method = .full, batchTokens: Int, template: String, recipe: String, compute: Compute
  ) {
    self.base = base
    self.task = task
    self.examples = examples
    self.training = training
    self.method = method
    self.batchTokens = batchTokens
    self.template = template
    self.recipe = recipe
    self.compute = compute
  }

  /// Makes the start of a seed in a folder, or finds what was made before.
  public func start(
    seed: UInt64, folder: String, stop: StopSignal?, consumers: [any TrainingConsumer]
  ) throws -> StartModel {
    let tokenizer = try Tokenizer.load(path: base)
    let renderer = ExampleRenderer(
      tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: tokenizer.chatTemplate, kind: .task))
    let solutions = task.solutions(.start, count: examples, seed: seed, round: 0)
    let tokens = TokenizedExamples(
      try solutions.map {
        try renderer.example(DatasetRow(["prompt": $0.problem.prompt, "response": $0.response]), kind: .task)
      })
    guard examples > 0 else {
      return StartModel(path: base, fingerprint: "\(try Checkpoint.load(base).fingerprint)", examples: tokens)
    }
    let path = folder + "/model"
    var training = training
    training.seed = StageSeed(seed: seed, round: 0)("start")
    let checkpoint = try Checkpoint.load(base)
    let model = try TunedModel(.pretrained(checkpoint), method: method)
    let batches = Batches(
      [(tokens, 1)], maximumLength: model.configuration.contextLength, grouping: .tokens(batchTokens),
      seed: training.seed)
    let fingerprint = "\(Fingerprint(of: solutions.map { $0.problem.prompt + $0.response }.joined()))"
    let file = StageFile(
      path: folder + "/training.jsonl",
      header: [
        "stage": "start", "seed": .string("\(training.seed)"), "from": .string("\(checkpoint.fingerprint)"),
        "examples": .string(fingerprint), "training": .string("\(training)"),
      ])
    let rows = try file.rows(stretches: 1, isStopped: { stop?.isRequested ?? false }) { _ in
      let ended = try FineTuning(
        model: model, data: SegmentData(batches: batches), dataFingerprint: fingerprint, training: training,
        output: FineTuning.Output(
          folder: path, mode: .resume, recipe: recipe, elementType: .float32, tokenizer: tokenizer,
          keepBest: false, keepStates: 1)
      ).run(pool: compute.pool, engine: compute.engine, consumers: consumers, stop: stop)
      if ended.reason == .interrupted { throw SelfRewardLoopError.interrupted }
      return [
        [
          "model": .string("\(try Checkpoint.load(path).fingerprint)"),
          "metrics": try TrainingSummary.metrics(of: path),
        ]
      ]
    }
    try? FileManager.default.removeItem(atPath: path + "/state")
    return StartModel(
      path: path, fingerprint: try NumberReader(rows.first ?? .null, path: file.path, row: 1).text("model"),
      examples: tokens)
  }
}
