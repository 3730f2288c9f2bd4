import Testing
import Training

@Suite("Learning rate schedules")
struct ScheduleTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let schedule: Schedule
    let step: Int
    let rate: Double
    var testDescription: String { "\(name) at \(step)" }

    init(_ name: String, _ schedule: Schedule, at step: Int, is rate: Double) {
      self.name = name
      self.schedule = schedule
      self.step = step
      self.rate = rate
    }
  }

  static let stable = Schedule(.warmupStableDecay(decaySteps: 4), peak: 1, warmupSteps: 2, totalSteps: 10)
  static let cosine = Schedule(.cosine, peak: 1, warmupSteps: 4, totalSteps: 10)

  // Values of transformers 5's get_*_schedule_with_warmup (warmup-stable-decay with decay_type="linear").
  static let cases: [Case] = [
    Case("constant", Schedule(.constant, peak: 1, totalSteps: 10), at: 9, is: 1),
    Case("warmup from zero", Schedule(.constant, peak: 1, warmupSteps: 4, totalSteps: 10), at: 0, is: 0),
    Case("warmup", cosine, at: 3, is: 0.75),
    Case("cosine's peak", cosine, at: 4, is: 1),
    Case("cosine's middle", cosine, at: 7, is: 0.5),
    Case(
      "cosine's quarter", Schedule(.cosine, peak: 1, warmupSteps: 2, totalSteps: 10), at: 4,
      is: 0.8535533905932737),
    Case("cosine's end", cosine, at: 10, is: 0),
    Case("cosine's minimum", Schedule(.cosine, peak: 2, totalSteps: 10, minimumRatio: 0.1), at: 10, is: 0.2),
    Case("linear", Schedule(.linear, peak: 1, warmupSteps: 2, totalSteps: 10), at: 6, is: 0.5),
    Case("linear's minimum", Schedule(.linear, peak: 1, totalSteps: 4, minimumRatio: 0.5), at: 2, is: 0.75),
    Case("stable", stable, at: 6, is: 1),
    Case("decay", stable, at: 8, is: 0.5),
    Case(
      "decay longer than the run",
      Schedule(.warmupStableDecay(decaySteps: 100), peak: 1, warmupSteps: 2, totalSteps: 10), at: 6, is: 0.5),
    Case("beyond the end", Schedule(.linear, peak: 1, totalSteps: 4), at: 9, is: 0),
    Case("no steps", Schedule(.cosine, peak: 1, totalSteps: 0), at: 0, is: 1),
  ]

  @Test(arguments: cases)
  func rate(_ example: Case) {
    #expect(abs(example.schedule.learningRate(at: example.step) - example.rate) < 1e-15)
  }
}
