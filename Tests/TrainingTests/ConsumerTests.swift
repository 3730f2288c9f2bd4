import Formats
import Foundation
import Testing

@testable import Training

@Suite("Consumers of the loop's events")
struct ConsumerTests {
  static func step(_ number: Int, loss: Double = 2) -> TrainingEvent {
    .step(
      TrainingStep(
        step: number, totalSteps: 4, epoch: 0.5, loss: loss, learningRate: 1e-3, gradientNorm: 0.25,
        tokens: 64,
        lossTokens: 32, seconds: 0.5))
  }

  static func started(at step: Int = 0) -> TrainingEvent {
    .started(TrainingStart(step: step, totalSteps: 4, trainableParameters: 10))
  }

  static let histories: [(losses: [Double], stopsAt: Int?)] = [
    ([3.0, 2.0, 1.0, 0.5], nil),
    ([3.0, 2.0, 2.5, 2.1], 3),
    ([3.0, 3.5, 2.0, 2.5, 2.5], 4),
    ([3.0, 2.99, 2.98], 2),
    ([.nan, .nan], 1),
  ]

  @Test(arguments: histories)
  func earlyStop(losses: [Double], stopsAt: Int?) {
    let consumer = EarlyStop(patience: 2, minimumImprovement: 0.05)
    var history: [ValidationPoint] = []
    var stopped: Int?
    for (index, loss) in losses.enumerated() where stopped == nil {
      let validation = Validation(step: index, loss: loss, history: history, seconds: 0)
      if consumer.receive(.validation(validation)) != .more { stopped = index }
      history.append(ValidationPoint(step: index, loss: loss))
    }
    #expect(stopped == stopsAt)
  }

  @Test func metricsOfAResumedRunTellEachStepOnce() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.jsonl"
    let first = MetricsLog(path: path)
    for event in [Self.started(), Self.step(1), Self.step(2), Self.step(3)] { _ = try first.receive(event) }
    // What a killed process leaves: half a line.
    try AppendedFile(path: path).append(Array(#"{"event":"st"#.utf8))

    let second = MetricsLog(path: path)
    for event in [Self.started(at: 2), Self.step(3, loss: .nan)] { _ = try second.receive(event) }
    let lines = try JSONLines(path: path).map { try $0.json() }
    #expect(lines.map { $0["step"]?.intValue } == [1, 2, 3])
    #expect(lines[1]["loss"]?.doubleValue == 2)
    #expect(lines[2]["loss"]?.isNull == true)
  }

  @Test func progressInPlainLines() {
    var text = ""
    let seconds = Ticks()
    let bar = ProgressBar(isTerminal: false, secondsBetweenLines: 10, clock: seconds.stopwatch) { text += $0 }
    // What is prepared before the first step doesn't count in the speed.
    seconds.advance(by: 100)
    _ = bar.receive(Self.started())
    for number in 1...4 {
      seconds.advance(by: 4)
      _ = bar.receive(Self.step(number))
    }
    _ = bar.receive(.skipped(SkippedStep(step: 4, reason: .notFinite, loss: .nan, gradientNorm: 1)))
    _ = bar.receive(.stopped(TrainingStop(reason: .finished, step: 4)))
    let lines = text.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first?.hasPrefix("step 1/4  loss 2.0000  16 tokens/s  0:12 left  peak ") == true)
    #expect(
      lines.dropFirst().first?.hasPrefix("step 4/4  loss 2.0000  16 tokens/s  0:00 left  peak ") == true)
    #expect(
      lines.dropFirst(2) == [
        "step 4 skipped: the loss or the gradient isn't finite", "finished after 4 steps, 1:56",
      ])
  }

  @Test func progressOnATerminalRedrawsOneLine() {
    var text = ""
    let bar = ProgressBar(isTerminal: true, clock: Stopwatch { 1 }) { text += $0 }
    _ = bar.receive(Self.started())
    _ = bar.receive(Self.step(2))
    #expect(text.hasPrefix("\r\u{1B}[K██████████░░░░░░░░░░  2/4"))
    #expect(!text.contains("\n"))
  }
}

/// A clock that only moves when it's told to.
final class Ticks: @unchecked Sendable {  // used from one thread
  private var seconds = 0.0
  func advance(by step: Double) { seconds += step }
  var stopwatch: Stopwatch { Stopwatch { self.seconds } }
}
