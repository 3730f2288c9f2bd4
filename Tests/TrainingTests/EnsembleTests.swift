import Autodiff
import Datasets
import Decoding
import Formats
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Training through an ensemble")
struct EnsembleTests {
  static let objectives: [any Objective] = [
    NextToken(), PreferenceObjective(PreferenceOptions(beta: 0.4, likelihoodWeight: 0.5)),
    PreferenceObjective(PreferenceOptions(loss: .simpo(margin: 0.3), beta: 2)),
    PreferenceObjective(PreferenceOptions(loss: .orpo)),
  ]

  /// Pairs in one batch, with the tiny adapter as their reference.
  static func data() throws -> PreferenceBatches {
    try TinyPairs.scored(
      TinyPairs.batches(4, tokensPerBatch: 200), model: fixtures + "/tiny-adapter",
      compute: try TinyPairs.compute())
  }

  static func ensemble(
    base: any LanguageModel, antiexpert: any LanguageModel, alpha: Float, precision: LogitCache.Precision,
    data: PreferenceBatches, in folder: TemporaryFolder
  ) throws -> Ensemble {
    let path = "\(folder.path)/\(alpha)-\(precision).h5"
    try LogitCache.write(
      to: path, for: [data], partners: EnsemblePartners(base: base, antiexpert: antiexpert, alpha: alpha),
      vocabularySize: 64, precision: precision, identity: "test")
    return Ensemble(try LogitCache(path: path))
  }

  static func run(_ data: PreferenceBatches, _ objective: any Objective, threads: Int = 1) throws -> TinyRun {
    try TinyRun(
      data: data, options: PreferenceTrainingTests.options(), objective: objective, threads: threads)
  }

  @Test(arguments: objectives.indices)
  func withoutStrengthThereIsNoGradient(objective: Int) throws {
    let folder = try TemporaryFolder()
    let data = try Self.data()
    let ensemble = try Self.ensemble(
      base: TableModel(seed: 1, vocabularySize: 64), antiexpert: TableModel(seed: 2, vocabularySize: 64),
      alpha: 0, precision: .float32, data: data, in: folder)
    let run = try Self.run(data, EnsembleObjective(Self.objectives[objective], through: ensemble))
    let (sums, gradient) = try run.gradient(data.batch(0))
    #expect(gradient.allSatisfy { $0 == 0 })
    #expect(sums.loss.isFinite && sums.loss != 0)
  }

  @Test(arguments: objectives.indices, LogitCache.Precision.allCases)
  func whereBaseAndAntiexpertAreOneItIsThePlainObjective(
    objective: Int, precision: LogitCache.Precision
  ) throws {
    let folder = try TemporaryFolder()
    let data = try Self.data()
    let model = TableModel(seed: 1, vocabularySize: 64)
    let ensemble = try Self.ensemble(
      base: model, antiexpert: model, alpha: 1, precision: precision, data: data, in: folder)
    let plain = try Self.run(data, Self.objectives[objective]).gradient(data.batch(0))
    let joined = try Self.run(data, EnsembleObjective(Self.objectives[objective], through: ensemble))
      .gradient(data.batch(0))
    #expect(plain.values == joined.values)
    #expect(plain.sums.loss == joined.sums.loss && plain.sums.metrics == joined.sums.metrics)
  }

  @Test(arguments: objectives.indices, [Float(0.5), 1.5])
  func theGradientIsThatOfTheEnsemblesLoss(objective: Int, alpha: Float) throws {
    let folder = try TemporaryFolder()
    let data = try Self.data()
    let compute = try TinyPairs.compute()
    let ensemble = try Self.ensemble(
      base: TableModel(seed: 3, vocabularySize: 64),
      antiexpert: DecoderModel(
        try Checkpoint.load(fixtures + "/tiny-adapter").makeDecoder(), compute: compute),
      alpha: alpha, precision: .float16, data: data, in: folder)
    let run = try Self.run(data, EnsembleObjective(Self.objectives[objective], through: ensemble))
    let slopes = try run.slopes(data.batch(0))
    #expect(abs(slopes.measured - slopes.gradient) < 0.02 * slopes.gradient, "\(slopes)")
  }

  /// The log-probabilities are those of softmax(z_base + α (z_expert − z_antiexpert)), computed apart.
  @Test(arguments: [(LogitCache.Precision.float32, 1e-5), (.float16, 0.02)])
  func logProbabilitiesAreTheEnsembles(precision: LogitCache.Precision, tolerance: Double) throws {
    let folder = try TemporaryFolder()
    let data = try Self.data()
    let compute = try TinyPairs.compute()
    let base = TableModel(seed: 3, vocabularySize: 70)
    let antiexpert = TableModel(seed: 4, vocabularySize: 64)
    let expert = DecoderModel(try Checkpoint.load(fixtures + "/tiny-llama").makeDecoder(), compute: compute)
    let ensemble = try Self.ensemble(
      base: base, antiexpert: antiexpert, alpha: 0.7, precision: precision, data: data, in: folder)
    let scored = try ReferenceScoring.fill(data, with: expert.decoder, in: ensemble, compute: compute)
    for pair in scored.pairs {
      let tokens = pair.prompt + pair.chosen
      func logits(_ model: any LanguageModel) throws -> Tensor {
        try model.logits(extending: [SequenceExtension(model.makeContext(), by: tokens)], rows: .all)[0]
      }
      let (b, e, a) = (try logits(base), try logits(expert), try logits(antiexpert))
      var sum = 0.0
      for place in pair.prompt.count..<tokens.count {
        let row = place - 1
        let z = (0..<64).map { token in
          b.floats[row * 70 + token] + 0.7 * (e.floats[row * 64 + token] - a.floats[row * 64 + token])
        }
        sum += Distribution(Tensor(z, shape: [1, 64])).logProbability(Int(tokens[place]))
      }
      #expect(abs(sum - (try #require(pair.reference)).chosen) < tolerance)
    }
  }

  @Test func rewardsBeginAtExactlyZeroThroughAnEnsembleToo() throws {
    let folder = try TemporaryFolder()
    let data = TinyPairs.batches()
    let ensemble = try Self.ensemble(
      base: TableModel(seed: 5, vocabularySize: 64), antiexpert: TableModel(seed: 6, vocabularySize: 64),
      alpha: 1, precision: .float16, data: data, in: folder)
    let start = try Checkpoint.load(fixtures + "/tiny-llama").makeDecoder()
    let scored = try ReferenceScoring.fill(
      data, with: start, in: ensemble, compute: try TinyPairs.compute())
    let run = try Self.run(scored, EnsembleObjective(PreferenceObjective(), through: ensemble))
    for number in 0..<scored.batchesPerEpoch {
      let metrics = try run.gradient(scored.batch(number)).sums.metrics
      #expect(metrics[PreferenceObjective.MetricName.margin] == 0)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let folder = try TemporaryFolder()
    let data = try Self.data()
    let small = TableModel(seed: 1, vocabularySize: 32)
    let right = TableModel(seed: 2, vocabularySize: 64)
    #expect(throws: TrainingError.otherVocabulary(model: "the base", size: 32, expected: 64)) {
      _ = try Self.ensemble(
        base: small, antiexpert: right, alpha: 1, precision: .float32, data: data, in: folder)
    }
    #expect(throws: TrainingError.otherVocabulary(model: "the antiexpert", size: 32, expected: 64)) {
      _ = try Self.ensemble(
        base: right, antiexpert: small, alpha: 1, precision: .float32, data: data, in: folder)
    }
    let ensemble = try Self.ensemble(
      base: right, antiexpert: right, alpha: 1, precision: .float32, data: data, in: folder)
    let other = TinyPairs.batches(9)
    let cache = try LogitCache(path: "\(folder.path)/1.0-float32.h5")
    #expect(try cache.covers(data) && !cache.covers(other))
    #expect(throws: TrainingError.self) {
      _ = try ReferenceScoring.fill(
        other, with: try Checkpoint.load(fixtures + "/tiny-llama").makeDecoder(), in: ensemble,
        compute: try TinyPairs.compute())
    }
  }

  @Test(arguments: LogitCache.Precision.allCases)
  func thePlanForeseesTheOtherModelsLogits(precision: LogitCache.Precision) throws {
    let folder = try TemporaryFolder()
    let data = try Self.data()
    let model = TableModel(seed: 1, vocabularySize: 64)
    let ensemble = try Self.ensemble(
      base: model, antiexpert: model, alpha: 1, precision: precision, data: data, in: folder)
    let summary = try DataSummary(scanning: data, vocabularySize: 64, contextLength: 64)
    let run = try Self.run(data, EnsembleObjective(PreferenceObjective(), through: ensemble))
    func plan(_ objective: any Objective) throws -> MemoryPlan {
      try MemoryPlan(
        run.model, objective: objective, activationCheckpointing: false, largestBatch: summary.largestBatch,
        largestValidationBatch: 0, longestExample: summary.longestExample, compute: run.compute)
    }
    let planned = try plan(
      EnsembleObjective(PreferenceObjective(), through: Ensemble(planning: precision)))
    #expect(planned == (try plan(run.objective)))
    #expect(planned.total > (try plan(PreferenceObjective())).total)
    _ = try run.trainer.run()
    #expect(run.compute.arena.extentBytes <= planned.arenaBytes)
  }
}
