import Autodiff
import Datasets
import Decoding
import Formats
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Distillation")
struct DistillationTests {
  static let data = ListedBatches(count: 4)

  static func teacher() throws -> Checkpoint { try Checkpoint.load(fixtures + "/tiny-adapter").merged }

  static func run(_ objective: any Objective, threads: Int = 1) throws -> TinyRun {
    try TinyRun(
      data: data, options: PreferenceTrainingTests.options(), objective: objective, threads: threads)
  }

  /// What the teacher says of the data, in a file.
  static func cache(
    _ precision: LogitCache.Precision, top: Int?, in folder: TemporaryFolder
  ) throws -> LogitCache {
    let path = "\(folder.path)/\(precision)-\(top ?? 0).h5"
    let compute = try TinyPairs.compute()
    try LogitCache.write(
      to: path, for: [data],
      partners: EnsemblePartners(base: DecoderModel(try teacher().makeDecoder(), compute: compute)),
      vocabularySize: 64, precision: precision, top: top, identity: "test")
    return try LogitCache(path: path)
  }

  @Test(arguments: [(Float(1), Float(0)), (2, 0), (0.7, 0.4), (3, 1)])
  func theGradientIsThatOfTheLoss(temperature: Float, nextTokenShare: Float) throws {
    let run = try Self.run(
      Distillation(
        from: Teacher(try Self.teacher()), temperature: temperature, nextTokenShare: nextTokenShare))
    let slopes = try run.slopes(Self.data.batch(1))
    #expect(abs(slopes.measured - slopes.gradient) < 0.02 * slopes.gradient, "\(slopes)")
  }

  @Test func thereIsNothingToLearnOfOneself() throws {
    let own = try Checkpoint.load(fixtures + "/tiny-llama")
    let run = try Self.run(Distillation(from: Teacher(own), temperature: 1.5))
    let (sums, gradient) = try run.gradient(Self.data.batch(0))
    #expect(abs(sums.loss) < 1e-4)
    #expect(gradient.allSatisfy { abs($0) < 1e-4 })
  }

  @Test func withTheNextTokenAloneItIsThePlainObjective() throws {
    let alone = try Self.run(Distillation(from: Teacher(try Self.teacher()), nextTokenShare: 1))
    let plain = try Self.run(NextToken())
    for number in 0..<Self.data.batchesPerEpoch {
      let batch = Self.data.batch(number)
      let (given, expected) = (try alone.gradient(batch), try plain.gradient(batch))
      #expect(abs(given.sums.loss - expected.sums.loss) < 1e-4 * expected.sums.loss)
      #expect(zip(given.values, expected.values).allSatisfy { abs($0 - $1) < 1e-4 })
      let known = given.sums.metrics.first { $0.name == Distillation.MetricName.nextToken }?.value
      #expect(abs((known ?? 0) - expected.sums.loss) < 1e-4 * expected.sums.loss)
    }
  }

  /// A form of the file, and how far what is learnt from it may be from what the teacher itself teaches.
  struct FileForm: Sendable {
    var precision = LogitCache.Precision.float32
    var top: Int?
    var tolerance: Float = 1e-4
  }

  @Test(arguments: [
    FileForm(), FileForm(precision: .float16, tolerance: 0.02), FileForm(top: 64), FileForm(top: 100),
    FileForm(precision: .float16, top: 60, tolerance: 0.02),
  ])
  func aFileSaysWhatTheTeacherSays(form: FileForm) throws {
    let folder = try TemporaryFolder()
    let cache = try Self.cache(form.precision, top: form.top, in: folder)
    #expect(cache.top == form.top && cache.vocabularySize == 64)
    #expect(try cache.covers(Self.data))
    let batch = Self.data.batch(2)
    let live = try Self.run(Distillation(from: Teacher(try Self.teacher()))).gradient(batch)
    let read = try Self.run(Distillation(from: Teacher(cache))).gradient(batch)
    #expect(zip(live.values, read.values).allSatisfy { abs($0 - $1) < form.tolerance })
    #expect(abs(live.sums.loss - read.sums.loss) < Double(form.tolerance) * 10)
  }

  @Test func trainingBringsTheModelNearer() throws {
    let recorder = Recorder()
    let run = try TinyRun(
      data: Self.data, validation: Self.data, options: PreferenceTrainingTests.options(steps: 20),
      objective: Distillation(from: Teacher(try Self.teacher()), temperature: 2, nextTokenShare: 0))
    let before = try run.gradient(Self.data.batch(0)).sums.loss
    _ = try run.trainer.run([recorder])
    #expect(try run.gradient(Self.data.batch(0)).sums.loss < before)
    #expect(recorder.validations.first?.metrics.map(\.name) == ["divergence", "next_token"])
  }

  @Test(arguments: [nil, 8] as [Int?])
  func thePlanForeseesTheTeacher(top: Int?) throws {
    let folder = try TemporaryFolder()
    let summary = try DataSummary(scanning: Self.data, vocabularySize: 64, contextLength: 64)
    let live = Distillation(from: Teacher(try Self.teacher()))
    let objectives: [(real: Distillation, planned: Distillation)] = [
      (live, live),
      (
        Distillation(from: Teacher(try Self.cache(.float16, top: top, in: folder))),
        Distillation(from: Teacher(planning: .float16, top: top))
      ),
    ]
    for (real, planned) in objectives {
      let run = try Self.run(real)
      func plan(_ objective: any Objective) throws -> MemoryPlan {
        try MemoryPlan(
          run.model, objective: objective, activationCheckpointing: false,
          largestBatch: summary.largestBatch, largestValidationBatch: 0,
          longestExample: summary.longestExample, compute: run.compute)
      }
      let foreseen = try plan(planned)
      #expect(foreseen == (try plan(real)))
      #expect(foreseen.total > (try plan(NextToken())).total)
      _ = try run.trainer.run()
      // With the room that a run leaves for batches that lie less well.
      #expect(run.compute.arena.extentBytes <= foreseen.arenaBytes + foreseen.arenaBytes / 8)
    }
  }
}

@Suite("Logits of the likeliest tokens")
struct LikeliestLogitsTests {
  private static let vocabulary = 24

  private static func logits(_ model: TableModel) throws -> Tensor {
    try model.logits(
      extending: [SequenceExtension(model.makeContext(), by: [3, 1, 4, 1, 5])], rows: .all)[0]
  }

  private static func probabilities(_ z: [Float]) -> [Double] {
    let distribution = Distribution(Tensor(z, shape: [1, z.count]))
    return z.indices.map { distribution.probability($0) }
  }

  @Test(arguments: [1, 4, 23, 24, 40], [Float(0), 0.5, 1])
  func whereTheExpertIsTheAntiexpertTheBaseIsLeft(count: Int, alpha: Float) throws {
    let base = try Self.logits(TableModel(seed: 1))
    let antiexpert = try Self.logits(TableModel(seed: 2))
    let rows = [0, 2, 4]
    let partners = PartnerLogits(
      base: base, antiexpert: antiexpert, rows: rows, alpha: alpha, vocabularySize: Self.vocabulary)
    let whole = Tensor(zeros: [rows.count, Self.vocabulary])
    let found = partners.likeliest(count)
    found.expand(into: whole)
    let width = min(count, Self.vocabulary)
    for (place, row) in rows.enumerated() {
      let z = (0..<Self.vocabulary).map {
        whole.floats[place * Self.vocabulary + $0] + alpha * antiexpert.floats[row * Self.vocabulary + $0]
      }
      let given = Self.probabilities(z)
      let expected = Self.probabilities(base.rows(row..<row + 1).array)
      let kept = found.tokens[place * width..<(place + 1) * width].map(Int.init)
      #expect(Set(kept).count == width)
      #expect(kept == kept.sorted { expected[$0] > expected[$1] })
      for token in kept { #expect(abs(given[token] - expected[token]) < 1e-5) }
      let least = kept.map { expected[$0] }.min() ?? 0
      #expect(expected.indices.allSatisfy { kept.contains($0) || expected[$0] <= least })
    }
  }

  @Test func withoutAnAntiexpertTheOthersShareTheirMassEvenly() throws {
    let base = try Self.logits(TableModel(seed: 5))
    let partners = PartnerLogits(
      base: base, antiexpert: nil, rows: [1], alpha: 0, vocabularySize: Self.vocabulary)
    let whole = Tensor(zeros: [1, Self.vocabulary])
    partners.likeliest(3).expand(into: whole)
    let (given, expected) = (
      Self.probabilities(whole.array), Self.probabilities(base.rows(1..<2).array)
    )
    let others = given.sorted().prefix(Self.vocabulary - 3)
    let mass = expected.sorted().prefix(Self.vocabulary - 3).reduce(0, +)
    #expect(abs(others.reduce(0, +) - mass) < 1e-5)
    #expect(Set(others.map { ($0 * 1e6).rounded() }).count == 1)
  }

  @Test func equalLogitsComeInTheOrderOfTheirTokens() {
    let z: [Float] = [1, 3, 2, 3, 0, 2]
    z.withUnsafeBufferPointer {
      #expect(PartnerLogits.largest(4, of: $0) == [1, 3, 2, 5])
      #expect(PartnerLogits.largest(6, of: $0) == [1, 3, 2, 5, 0, 4])
    }
  }
}
