import Datasets
import Formats
import Tensors
import Testing

@testable import Training

/// Losses and one step against TRL; Benchmarks/parity/preferences.py makes the fixture.
@Suite("Preferences as TRL learns them")
struct PreferenceParityTests {
  static let cases: [(name: String, options: PreferenceOptions)] = [
    ("sigmoid", PreferenceOptions(beta: 0.5)),
    ("irpo", PreferenceOptions(beta: 0.5, likelihoodWeight: 0.5)),
    ("hinge", PreferenceOptions(loss: .hinge, beta: 0.5)), ("ipo", PreferenceOptions(loss: .ipo, beta: 0.5)),
    ("robust", PreferenceOptions(loss: .robust(labelSmoothing: 0.2), beta: 0.5)),
    ("sigmoid_norm", PreferenceOptions(beta: 2, isLengthNormalized: true)),
    ("simpo", PreferenceOptions(loss: .simpo(margin: 0.7), beta: 2)),
    ("orpo", PreferenceOptions(loss: .orpo, beta: 0.5)),
    ("kto", PreferenceOptions(loss: .kto(desirable: 1.5, undesirable: 0.75), beta: 0.5)),
  ]

  @Test(arguments: cases.indices)
  func lossesAndOneStep(number: Int) throws {
    let (name, options) = Self.cases[number]
    let fixture = try JSON(contentsOf: fixtures + "/preferences.json")
    let expected = try #require(fixture["cases"]?[name])
    let pairs = try Self.pairs(try #require(fixture["pairs"]?[expected["pairs"]?.stringValue ?? ""]))
    let batches = PreferenceBatches(
      pairs, maximumLength: 64, tokensPerBatch: 4096, seed: 0, isShuffled: false,
      hasMismatches: options.loss.needsMismatches)
    let data = try TinyPairs.scored(
      batches, model: fixtures + "/tiny-adapter", compute: try TinyPairs.compute())
    let rate = try #require(fixture["learning_rate"]?.doubleValue)
    let recorder = Recorder()
    let run = try TinyRun(
      data: data, validation: data,
      options: TrainingOptions(
        length: .steps(1), learningRate: LearningRate(.constant, peak: rate),
        optimizer: Optimizer.Options(clipping: nil)),
      objective: PreferenceObjective(options), threads: 2)
    _ = try run.trainer.run([recorder])
    let step = try #require(recorder.steps.first)
    let after = try #require(recorder.validations.last)
    func check(_ found: Double, _ key: String) throws {
      let value = try #require(expected[key]?.doubleValue, "\(key)")
      #expect(abs(found - value) <= 1e-4 * max(abs(value), 0.01), "\(name) \(key): \(found), TRL \(value)")
    }
    try check(step.loss, "loss")
    try check(step.gradientNorm, "gradient_norm")
    try check(after.loss, "loss_after")
    for metric in step.metrics where expected[metric.name] != nil { try check(metric.value, metric.name) }
    #expect(step.metrics.count { expected[$0.name] != nil } >= 5)
  }

  private static func pairs(_ json: JSON) throws -> [PreferencePair] {
    try (json.arrayValue ?? []).map { pair in
      func ids(_ key: String) throws -> [UInt32] {
        try #require(pair[key]?.arrayValue).compactMap { $0.intValue.map(UInt32.init) }
      }
      return PreferencePair(
        prompt: try ids("prompt"), chosen: try ids("chosen"), rejected: try ids("rejected"))
    }
  }
}
