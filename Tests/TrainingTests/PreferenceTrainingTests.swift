import Autodiff
import Datasets
import Decoding
import Formats
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Training on preferences")
struct PreferenceTrainingTests {
  typealias Name = PreferenceObjective.MetricName

  static func options(steps: Int = 6) -> TrainingOptions {
    TrainingOptions(
      length: .steps(steps), learningRate: LearningRate(.constant, peak: 2e-3),
      optimizer: Optimizer.Options(weightDecay: 0.1), accumulation: 2, seed: 3)
  }

  @Test(arguments: [Precision.fp32, .bf16], [nil, TrainerTests.adapter])
  func rewardsBeginAtExactlyZero(precision: Precision, adapter: LowRankConfiguration?) throws {
    guard let engine = try? MatrixEngines.make(precision: precision) else { return }
    var adapter = adapter
    adapter?.dropout = 0
    let scored = try TinyPairs.scored(
      TinyPairs.batches(), compute: try TinyPairs.compute(threads: 2, engine: engine))
    let recorder = Recorder()
    let run = try TinyRun(
      adapter: adapter, data: scored, options: Self.options(steps: 3),
      objective: PreferenceObjective(PreferenceOptions(loss: .sigmoid(labelSmoothing: 0.1))), threads: 3,
      engine: engine)
    _ = try run.trainer.run([recorder])
    let first = try #require(recorder.steps.first)
    for name in [Name.chosenReward, Name.rejectedReward, Name.margin, Name.accuracy] {
      #expect(first.metrics[name] == 0, "\(name)")
    }
    // The mean of the weighted losses.
    let weight = (0..<2).flatMap { scored.batch($0).pairs.map(\.weight) }
    #expect(abs(first.loss - log(2) * weight.reduce(0, +) / Double(weight.count)) < 1e-12)
    let last = try #require(recorder.steps.last)
    #expect(try #require(last.metrics[Name.margin]) != 0)
  }

  @Test func trainingMakesTheChosenAnswersMoreLikely() throws {
    let scored = try TinyPairs.scored(TinyPairs.batches(), compute: try TinyPairs.compute())
    let recorder = Recorder()
    let run = try TinyRun(
      data: scored, validation: scored, options: Self.options(steps: 20),
      objective: PreferenceObjective(PreferenceOptions(likelihoodWeight: 1)))
    _ = try run.trainer.run([recorder])
    let validation = try #require(recorder.validations.last)
    #expect(try #require(validation.metrics[Name.accuracy]) == 1)
    #expect(try #require(validation.metrics[Name.chosenReward]) > 0)
    #expect(validation.perplexity == nil)
  }

  /// What TRL calls the reference's and the policy's log-probabilities, by the inference path.
  @Test func onlyTheAnswersTokensCount() throws {
    let compute = try TinyPairs.compute(threads: 2)
    let model = DecoderModel(try Checkpoint.load(fixtures + "/tiny-llama").makeDecoder(), compute: compute)
    let scored = try TinyPairs.scored(TinyPairs.batches(), compute: compute)
    func logProbability(of answer: [UInt32], after prompt: [UInt32]) throws -> Double {
      let score = try model.score(prompt + answer)
      return score.logProbabilities[prompt.count...].reduce(0) { $0 + ($1 ?? 0) }
    }
    for pair in scored.pairs {
      let reference = try #require(pair.reference)
      let chosen = try logProbability(of: pair.chosen, after: pair.prompt)
      let rejected = try logProbability(of: pair.rejected, after: pair.prompt)
      #expect(abs(reference.chosen - chosen) < 1e-5 && abs(reference.rejected - rejected) < 1e-5)
    }
  }

  @Test func packingAndOrderDoNotChangeALogProbability() throws {
    let compute = try TinyPairs.compute(threads: 2)
    func values(_ batches: PreferenceBatches) throws -> [Int: ReferenceLogProbabilities?] {
      let scored = try TinyPairs.scored(batches, compute: compute)
      return Dictionary(uniqueKeysWithValues: zip(scored.places, scored.pairs.map(\.reference)))
    }
    let expected = try values(TinyPairs.batches())
    for other in [
      TinyPairs.batches(tokensPerBatch: 400), TinyPairs.batches(seed: 9),
      TinyPairs.batches(hasMismatches: true),
    ] {
      let found = try values(other)
      for (place, reference) in expected {
        let (one, two) = (try #require(reference), try #require(found[place] ?? nil))
        #expect(abs(one.chosen - two.chosen) < 1e-5 && abs(one.rejected - two.rejected) < 1e-5)
      }
    }
  }

  @Test func theBaseIsTheStartWithoutItsAdapter() throws {
    let checkpoint = try Checkpoint.load(fixtures + "/tiny-adapter")
    let adapter = try #require(checkpoint.adapter?.configuration)
    let model = try TunedModel(.pretrained(checkpoint), method: .lowRank(adapter))
    let compute = try TinyPairs.compute()
    let batches = TinyPairs.batches()
    let bare = try ReferenceScoring.fill(batches, with: model.bareDecoder, compute: compute)
    let start = try ReferenceScoring.fill(batches, with: model.startDecoder(), compute: compute)
    let alone = try TinyPairs.scored(batches, compute: compute)
    #expect(bare.pairs == alone.pairs)
    #expect(bare.pairs != start.pairs)
  }

  @Test func swappingTheAnswersTurnsTheRewardsRound() throws {
    let compute = try TinyPairs.compute()
    func metrics(_ batches: PreferenceBatches) throws -> [Metric] {
      // The reference is another model than the policy.
      let scored = try TinyPairs.scored(batches, model: fixtures + "/tiny-adapter", compute: compute)
      let run = try TinyRun(data: scored, options: Self.options(), objective: PreferenceObjective())
      return try run.gradient(scored.batch(0)).sums.metrics
    }
    let pairs = Array(TinyPairs.pairs(3))
    func batches(_ pairs: [PreferencePair]) -> PreferenceBatches {
      PreferenceBatches(pairs, maximumLength: 20, tokensPerBatch: 200, seed: 1, isShuffled: false)
    }
    let straight = try metrics(batches(pairs))
    let swapped = try metrics(
      batches(pairs.map { PreferencePair(prompt: $0.prompt, chosen: $0.rejected, rejected: $0.chosen) }))
    let (one, two) = (try #require(straight[Name.margin]), try #require(swapped[Name.margin]))
    #expect(abs(one + two) < 1e-5 && abs(one) > 1e-3)
    #expect(straight[Name.accuracy].map { 3 - $0 } == swapped[Name.accuracy])
  }

  @Test(arguments: PreferenceLossTests.losses)
  func theWholePassHasTheGradientOfItsLoss(loss: PreferenceLoss) throws {
    let compute = try TinyPairs.compute()
    var scored = try TinyPairs.scored(
      TinyPairs.batches(4, tokensPerBatch: 200, hasMismatches: loss.needsMismatches),
      model: fixtures + "/tiny-adapter", compute: compute)
    if loss.needsMismatches {
      // No gradient flows through KTO's baseline: a reference that finds these answers likely keeps it at 0.
      let references = scored.pairs.compactMap(\.reference).map {
        ReferenceLogProbabilities(chosen: $0.chosen, rejected: $0.rejected, mismatched: 0)
      }
      scored = scored.with(references)
    }
    for likelihoodWeight in [0.0, 0.5] {
      let run = try TinyRun(
        data: scored, options: Self.options(),
        objective: PreferenceObjective(
          PreferenceOptions(loss: loss, beta: 0.4, likelihoodWeight: likelihoodWeight)))
      let slopes = try run.slopes(scored.batch(0))
      #expect(abs(slopes.measured - slopes.gradient) < 0.02 * slopes.gradient, "\(loss) \(slopes)")
    }
  }

  /// Answers of equal length, so that a baseline per token is a sum's share.
  @Test func ktosBaselineIsPerTokenWhereTheRatiosAre() throws {
    func pair(_ number: Int) -> PreferencePair {
      let answer = (0..<4).map { UInt32(($0 * 7 + number * 5) % 61) }
      return PreferencePair(prompt: [1, UInt32(number)], chosen: answer, rejected: answer.map { $0 + 1 })
    }
    let batches = PreferenceBatches(
      (0..<4).map(pair), maximumLength: 20, tokensPerBatch: 200, seed: 1, hasMismatches: true)
    let scored = try TinyPairs.scored(
      batches, model: fixtures + "/tiny-adapter", compute: try TinyPairs.compute())
    func baseline(reversing: Bool, isLengthNormalized: Bool) throws -> Double {
      let objective = PreferenceObjective(
        PreferenceOptions(
          loss: .kto(desirable: 1, undesirable: 1), isLengthNormalized: isLengthNormalized))
      let references = scored.pairs.compactMap(\.reference).map {
        ReferenceLogProbabilities(
          chosen: $0.chosen, rejected: $0.rejected, mismatched: ($0.mismatched ?? 0) - (reversing ? 40 : 0))
      }
      let data = scored.with(references)
      let run = try TinyRun(data: data, options: Self.options(), objective: objective)
      return try #require(try run.gradient(data.batch(0)).sums.metrics[Name.baseline])
    }
    let sum = try baseline(reversing: true, isLengthNormalized: false)
    let mean = try baseline(reversing: true, isLengthNormalized: true)
    #expect(sum > 10 && abs(sum / 4 - mean) < 1e-4 * sum)
  }

  @Test(arguments: [nil, TrainerTests.adapter])
  func anyNumberOfThreadsGivesTheSameBits(adapter: LowRankConfiguration?) throws {
    let runs = try [1, 2, 3].map { threads in
      let scored = try TinyPairs.scored(
        TinyPairs.batches(hasMismatches: true), compute: try TinyPairs.compute(threads: threads))
      let run = try TinyRun(
        adapter: adapter, data: scored, options: Self.options(),
        objective: PreferenceObjective(PreferenceOptions(loss: .kto(desirable: 1, undesirable: 1))),
        threads: threads)
      _ = try run.trainer.run()
      return TrainerTests.bits(run)
    }
    #expect(runs[0] == runs[1] && runs[0] == runs[2])
  }

  @Test func anInterruptedRunEndsWithTheSameBytes() throws {
    let folder = try TemporaryFolder()
    let scored = try TinyPairs.scored(
      TinyPairs.batches(), compute: try TinyPairs.compute(threads: 2))
    func tuning(_ name: String, _ mode: FineTuning.Mode) throws -> FineTuning {
      let checkpoint = try Checkpoint.load(fixtures + "/tiny-llama")
      return FineTuning(
        model: try TunedModel(.pretrained(checkpoint), method: .lowRank(TrainerTests.adapter)), data: scored,
        validation: scored, dataFingerprint: scored.fingerprint, training: Self.options(steps: 6),
        objective: PreferenceObjective(PreferenceOptions(loss: .ipo, likelihoodWeight: 0.3)),
        output: FineTuning.Output(folder: "\(folder.path)/\(name)", mode: mode, recipe: "kind: finetune\n"))
    }
    try FineTuningTests.run(try tuning("whole", .begin))
    let stop = StopSignal(listeningFor: [])
    let interrupted = try FineTuningTests.run(
      try tuning("parts", .begin), consumers: [Stopper(after: 2, stop: stop)], stop: stop)
    #expect(interrupted.reason == .interrupted)
    try FineTuningTests.run(try tuning("parts", .resume))
    let isResult = { (name: String) in !name.hasPrefix("state/") }
    let whole = try FineTuningTests.results(in: folder.path + "/whole").filter { isResult($0.key) }
    let parts = try FineTuningTests.results(in: folder.path + "/parts").filter { isResult($0.key) }
    #expect(whole == parts)
    let lines = try JSONLines(path: folder.path + "/whole/metrics.jsonl").map { try $0.json() }
    #expect(lines.allSatisfy { $0["rewards/margins"]?.doubleValue != nil && $0["perplexity"] == nil })
  }

  @Test func thePlanForeseesWhatPreferencesTake() throws {
    let objective = PreferenceObjective()
    let compute = try TinyPairs.compute()
    let scored = try TinyPairs.scored(TinyPairs.batches(), compute: compute)
    let run = try TinyRun(data: scored, options: Self.options(), objective: objective)
    let summary = try DataSummary(scanning: scored, vocabularySize: 64, contextLength: 64)
    let plan = try MemoryPlan(
      run.model, objective: objective, activationCheckpointing: false, largestBatch: summary.largestBatch,
      largestValidationBatch: 0, longestExample: summary.longestExample, compute: run.compute)
    _ = try run.trainer.run()
    #expect(run.compute.arena.extentBytes <= plan.arenaBytes)
  }
}
