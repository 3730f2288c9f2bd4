import Datasets
import Formats
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("The training loop")
struct TrainerTests {
  static func options(
    steps: Int = 6, accumulation: Int = 1, outlierLimit: Double? = 8, validateEvery: Int? = nil
  ) -> TrainingOptions {
    TrainingOptions(
      length: .steps(steps), learningRate: LearningRate(.cosine, peak: 5e-3, warmup: .steps(2)),
      optimizer: Optimizer.Options(weightDecay: 0.1), accumulation: accumulation, outlierLimit: outlierLimit,
      seed: 3, validateEvery: validateEvery)
  }

  static let adapter = LowRankConfiguration(
    rank: 4, alpha: 8, dropout: 0.3, targets: [.query, .value, .down])

  /// Tells whether everything that is learnt has the same bits.
  static func bits(_ run: TinyRun) -> Fingerprint {
    let values = run.parameters.values
    return Fingerprint(of: UnsafeRawBufferPointer(start: values.bytes, count: values.byteCount))
  }

  @Test func accumulationEqualsOneLargeBatch() throws {
    let small = ListedBatches(count: 8)
    let large = ListedBatches(
      (0..<4).map { number in
        // The same sequences, two batches' in one.
        var batch = TokenBatch()
        for part in small.batches[2 * number..<2 * number + 2] {
          for rows in part.segments {
            let counts = [UInt8(0)] + part.weights[rows].dropLast().map { UInt8($0) }
            batch.append(ids: part.ids[rows], mask: counts[...])
          }
        }
        return batch
      })
    #expect(
      large.batches.map(\.lossTokenCount).reduce(0, +) == small.batches.map(\.lossTokenCount).reduce(0, +))
    let accumulated = Recorder()
    let whole = Recorder()
    let first = try TinyRun(data: small, options: Self.options(steps: 4, accumulation: 2))
    let second = try TinyRun(data: large, options: Self.options(steps: 4))
    _ = try first.trainer.run([accumulated])
    _ = try second.trainer.run([whole])
    for (a, b) in zip(accumulated.steps, whole.steps) {
      #expect(abs(a.loss - b.loss) < 1e-6 * b.loss)
      #expect(a.tokens == b.tokens && a.lossTokens == b.lossTokens)
    }
    for (a, b) in zip(first.parameters.values.array, second.parameters.values.array) {
      #expect(abs(a - b) < 1e-5)
    }
  }

  @Test(arguments: [nil, TrainerTests.adapter])
  func oneThreadEqualsTwoBitForBit(adapter: LowRankConfiguration?) throws {
    let runs = try [1, 2, 3].map { threads in
      let run = try TinyRun(
        adapter: adapter, data: ListedBatches(count: 5), options: Self.options(accumulation: 2),
        threads: threads)
      _ = try run.trainer.run()
      return Self.bits(run)
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0] == runs[2])
  }

  @Test func activationCheckpointingChangesNothing() throws {
    var options = Self.options(steps: 3)
    let plain = try TinyRun(adapter: Self.adapter, data: ListedBatches(count: 3), options: options)
    _ = try plain.trainer.run()
    options.activationCheckpointing = true
    let checkpointed = try TinyRun(adapter: Self.adapter, data: ListedBatches(count: 3), options: options)
    _ = try checkpointed.trainer.run()
    #expect(Self.bits(plain) == Self.bits(checkpointed))
    #expect(checkpointed.compute.arena.peakBytes < plain.compute.arena.peakBytes)
  }

  @Test func wholeEpochsEndWithAShorterStep() throws {
    var options = Self.options(accumulation: 2)
    options.length = .epochs(1.5)
    let recorder = Recorder()
    let run = try TinyRun(data: ListedBatches(count: 3), options: options)
    _ = try run.trainer.run([recorder])
    // 4.5 batches, rounded up: 2 + 2 + 1.
    #expect(recorder.steps.count == 3)
    #expect(recorder.steps.last?.tokens == ListedBatches(count: 3).batches[1].count)
    #expect(recorder.steps.last.map { abs($0.epoch - 5.0 / 3) < 1e-12 } == true)
  }

  /// In binary 1.1 times 100 is a little more than 110.
  @Test func partsOfEpochsAreCountedAsPeopleDo() {
    #expect(StepPlan(.epochs(1.1), batchesPerEpoch: 100, accumulation: 1).totalSteps == 110)
    #expect(StepPlan(.epochs(1.101), batchesPerEpoch: 100, accumulation: 1).totalSteps == 111)
  }

  @Test func validationDoesNotTouchTheRun() throws {
    let data = ListedBatches(count: 4)
    let silent = try TinyRun(data: data, options: Self.options())
    _ = try silent.trainer.run()
    let recorder = Recorder()
    let watched = try TinyRun(
      data: data, validation: ListedBatches(count: 2), options: Self.options(validateEvery: 2))
    _ = try watched.trainer.run([recorder])
    #expect(Self.bits(silent) == Self.bits(watched))
    #expect(recorder.validations.map(\.step) == [2, 4, 6])
    #expect(recorder.validations.map(\.history.count) == [0, 1, 2])
    let last = try #require(recorder.validations.last)
    #expect(last.loss < recorder.validations[0].loss && last.isBest)
    #expect(last.perplexity == exp(last.loss))
  }

  @Test func aStepThatIsNotFiniteIsSkippedAndReported() throws {
    var data = ListedBatches(count: 4)
    data.batches[1].weights[2] = .nan
    let recorder = Recorder()
    let run = try TinyRun(data: data, options: Self.options(steps: 4))
    _ = try run.trainer.run([recorder])
    #expect(recorder.skipped.map(\.step) == [2])
    #expect(recorder.skipped.first?.reason == .notFinite)
    #expect(recorder.steps.map(\.step) == [1, 3, 4])
    #expect(run.trainer.state.updates == 3)
    #expect(run.parameters.values.array.allSatisfy { $0.isFinite })
  }

  @Test func anOutlierIsSkippedOnceTheWindowIsFull() throws {
    var data = ListedBatches([TokenBatch](repeating: ListedBatches(count: 1).batches[0], count: 80))
    // Targets that nothing suggests: the loss of this step is far above the others'.
    data.batches[70].targets = data.batches[70].targets.map { _ in 63 }
    let recorder = Recorder()
    let run = try TinyRun(data: data, options: Self.options(steps: 72, outlierLimit: 6))
    _ = try run.trainer.run([recorder])
    #expect(recorder.skipped.map(\.step) == [71])
  }

  @Test func aRunThatOnlySkipsHasDiverged() throws {
    var data = ListedBatches(count: 1)
    data.batches[0].weights[2] = .infinity
    let run = try TinyRun(data: data, options: Self.options(steps: 30))
    #expect(throws: TrainingError.diverged(step: 10, skipped: 10)) { try run.trainer.run() }
  }

  @Test func stepsWithoutLossTokensAreSkippedButAreNoDivergence() throws {
    var data = ListedBatches(count: 1)
    data.batches[0].weights = data.batches[0].weights.map { _ in 0 }
    let recorder = Recorder()
    _ = try TinyRun(data: data, options: Self.options(steps: 12)).trainer.run([recorder])
    #expect(recorder.skipped.count == 12)
    #expect(recorder.skipped.allSatisfy { $0.reason == .noLossTokens })
  }

  @Test func aConsumerEndsTheRun() throws {
    let recorder = Recorder()
    recorder.stopAfter = 2
    var saved: [Int] = []
    let run = try TinyRun(data: ListedBatches(count: 3), options: Self.options())
    let stop = try run.trainer.run([recorder]) { state in
      saved.append(state.step)
      return ""
    }
    #expect(stop == TrainingStop(reason: .requested("the test says so"), step: 2))
    #expect(saved == [2])
  }

  @Test func nothingIsTakenFromTheArenaThatThePlanDidNotForesee() throws {
    for adapter in [nil, Self.adapter] {
      let data = ListedBatches(count: 5)
      let run = try TinyRun(
        adapter: adapter, data: data, validation: data, options: Self.options(accumulation: 2))
      let summary = try DataSummary(scanning: data, vocabularySize: 64, contextLength: 64)
      let plan = try MemoryPlan(
        run.model, objective: NextToken(), activationCheckpointing: false, largestBatch: summary.largestBatch,
        largestValidationBatch: summary.largestBatch, longestExample: summary.longestExample,
        compute: run.compute)
      _ = try run.trainer.run()
      #expect(run.compute.arena.extentBytes <= plan.arenaBytes)
      #expect(Double(run.compute.arena.extentBytes) > 0.9 * Double(plan.arenaBytes))
    }
  }
}
