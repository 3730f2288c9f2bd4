import Datasets
import Formats
import Foundation
import Models
import Tensors
import Tokenizers
import Training

/// How a round learns from its pairs.
public struct RoundTrainingOptions: Sendable {
  public var training: TrainingOptions
  public var preference: PreferenceOptions
  /// Which parameters learn.
  public var method: TunedModel.Method
  public var batchTokens: Int
  public var maximumLength: Int
  /// After how many batches of pairs one of the start's examples comes; nil: none does.
  public var replayInterval: Int?
  /// The learning rate and the length of the positive-only control, which is supervised.
  public var positive: TrainingOptions
  /// How many tokens go through the model at once in that control.
  public var positiveBatchTokens: Int

  /// - Parameter positiveBatchTokens: As many as `batchTokens` where it is nil.
  public init(
    training: TrainingOptions, preference: PreferenceOptions, method: TunedModel.Method = .full,
    batchTokens: Int, maximumLength: Int, replayInterval: Int? = nil, positive: TrainingOptions,
    positiveBatchTokens: Int? = nil
  ) {
    self.training = training
    self.preference = preference
    self.method = method
    self.batchTokens = batchTokens
    self.maximumLength = maximumLength
    self.replayInterval = replayInterval
    self.positive = positive
    self.positiveBatchTokens = positiveBatchTokens ?? batchTokens
  }
}

/// Trains one round's model from the one before, through `FineTuning`, so it resumes as any run does.
public struct RoundTraining {
  private let options: RoundTrainingOptions
  private let examples: TokenizedExamples
  private let recipe: String
  private let template: String
  private let compute: Compute
  private let consumers: () -> [any TrainingConsumer]

  /// - Parameters:
  ///   - examples: What the start was tuned on, for replay.
  ///   - recipe: The resolved recipe, kept beside each model.
  ///   - consumers: Who follows each training.
  public init(
    options: RoundTrainingOptions, examples: TokenizedExamples, recipe: String, template: String,
    compute: Compute, consumers: @escaping () -> [any TrainingConsumer] = { [] }
  ) {
    self.options = options
    self.examples = examples
    self.recipe = recipe
    self.template = template
    self.compute = compute
    self.consumers = consumers
  }

  /// Trains on pairs as preferences.
  ///
  /// - Parameters:
  ///   - model: The folder of the model that the round begins with; it is also the reference.
  ///   - pairs: The data set of pairs.
  ///   - output: The folder of the round's model.
  /// - Returns: How many pairs were longer than there is room for, and lost an answer's end or were left out;
  ///   how many were left out because an answer says nothing, or both say the same.
  func prefer(
    from model: String, pairs path: String, to output: String, seed: UInt64, stop: StopSignal?
  ) throws -> JSONObject {
    let checkpoint = try Checkpoint.load(model)
    let tuned = try TunedModel(.pretrained(checkpoint), method: options.method)
    let tokenizer = try Tokenizer.load(path: checkpoint.tokenizerPath ?? checkpoint.path)
    let reading = try Dataset(path: path).preferencePairs(
      split: "train", renderer: try renderer(tokenizer), pool: compute.pool)
    var batches = PreferenceBatches(
      reading.pairs, maximumLength: min(options.maximumLength, tuned.configuration.contextLength),
      tokensPerBatch: options.batchTokens, seed: seed,
      hasMismatches: options.preference.loss.needsMismatches)
    if options.preference.loss.needsReference {
      batches = try ReferenceScoring.fill(batches, with: tuned.startDecoder(seed: seed), compute: compute)
    }
    let data: any TrainingData
    let objective: any Objective
    if let interval = options.replayInterval, examples.count > 0 {
      data = ReplayedData(
        pairs: batches,
        examples: self.batches(examples, tuned, tokens: options.batchTokens, seed: seed), interval: interval)
      objective = ReplayObjective(pairs: PreferenceObjective(options.preference))
    } else {
      data = batches
      objective = PreferenceObjective(options.preference)
    }
    try run(
      tuned, data, objective, options.training, fingerprint: batches.fingerprint, tokenizer, to: output,
      seed: seed, stop: stop)
    let lost = [
      ("cut_pairs", batches.cutPairs), ("omitted_pairs", batches.omittedPairs),
      ("empty_pairs", reading.empty), ("equal_pairs", reading.equal),
    ]
    return JSONObject(lost.filter { $0.1 > 0 }.map { ($0.0, .integer($0.1)) })
  }

  /// Trains on the chosen answers alone, as supervised examples.
  func imitate(
    from model: String, chosen: [DatasetRow], to output: String, seed: UInt64, stop: StopSignal?
  ) throws {
    let checkpoint = try Checkpoint.load(model)
    let tuned = try TunedModel(.pretrained(checkpoint), method: options.method)
    let tokenizer = try Tokenizer.load(path: checkpoint.tokenizerPath ?? checkpoint.path)
    let renderer = try renderer(tokenizer)
    var examples = TokenizedExamples()
    for row in chosen { examples.append(try renderer.example(row, kind: .task)) }
    try run(
      tuned, batches(examples, tuned, tokens: options.positiveBatchTokens, seed: seed), NextToken(),
      options.positive,
      fingerprint: "\(Fingerprint(of: chosen.map { $0["response"] ?? "" }.joined(separator: "\n")))",
      tokenizer, to: output, seed: seed, stop: stop)
  }

  private func renderer(_ tokenizer: Tokenizer) throws -> ExampleRenderer {
    ExampleRenderer(
      tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: tokenizer.chatTemplate, kind: .task))
  }

  private func batches(
    _ examples: TokenizedExamples, _ model: TunedModel, tokens: Int, seed: UInt64
  ) -> SegmentData {
    SegmentData(
      batches: Batches(
        [(examples, 1)], maximumLength: min(options.maximumLength, model.configuration.contextLength),
        grouping: .tokens(tokens), seed: seed))
  }

  private func run(
    _ model: TunedModel, _ data: any TrainingData, _ objective: any Objective, _ training: TrainingOptions,
    fingerprint: String, _ tokenizer: Tokenizer, to output: String, seed: UInt64, stop: StopSignal?
  ) throws {
    var training = training
    training.seed = seed
    let tuning = FineTuning(
      model: model, data: data, dataFingerprint: fingerprint, training: training, objective: objective,
      output: FineTuning.Output(
        folder: output, mode: .goingOn(in: output), recipe: recipe, elementType: .float32,
        tokenizer: tokenizer, keepBest: false, keepStates: 1))
    let ended = try tuning.run(
      pool: compute.pool, engine: compute.engine, consumers: consumers(), stop: stop)
    if ended.reason == .interrupted { throw SelfRewardLoopError.interrupted }
  }
}

/// Batches of examples as the trainer takes them.
struct SegmentData: TrainingData {
  let batches: Batches

  var batchesPerEpoch: Int { batches.batchesPerEpoch }
  var largestBatch: Int { batches.largestBatch }
  func batch(_ number: Int) throws -> TokenBatch { batches.batch(number) }
}
