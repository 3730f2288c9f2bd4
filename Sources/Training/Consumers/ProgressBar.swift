import Foundation
import Tensors

/// Progress for people, on stderr: a bar that redraws itself on a terminal, plain lines anywhere else.
///
/// It shows step, loss, tokens per second, time left and the peak of memory.
public final class ProgressBar: TrainingConsumer {
  private let isTerminal: Bool
  private let secondsBetweenLines: Double
  private let write: (String) -> Void
  private let clock: Stopwatch
  private var start = TrainingStart(step: 0, totalSteps: 0, trainableParameters: 0)
  /// When the steps began; what comes before them has no part in their speed.
  private var began = 0.0
  private var tokens = 0
  private var lastLine = -Double.infinity
  private var smoothedLoss: Double?

  /// A bar on stderr, which redraws itself when stderr is a terminal.
  public convenience init() {
    self.init(isTerminal: isatty(STDERR_FILENO) == 1) { FileHandle.standardError.write(Data($0.utf8)) }
  }

  /// A bar that hands its text to `write`; plain lines come at most once every `secondsBetweenLines`.
  public init(
    isTerminal: Bool, secondsBetweenLines: Double = 5, clock: Stopwatch = Stopwatch(),
    write: @escaping (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.secondsBetweenLines = secondsBetweenLines
    self.clock = clock
    self.write = write
  }

  public func receive(_ event: TrainingEvent) -> Continuation {
    switch event {
    case .started(let start): begin(start)
    case .step(let step): show(step)
    case .skipped(let step): line("step \(step.step) skipped: \(describe(step.reason))")
    case .validation(let validation):
      let measured =
        (validation.perplexity.map { ["perplexity \($0.formatted(digits: 3))"] } ?? [])
        + headlines(validation.metrics)
      line(
        "step \(validation.step): "
          + (["validation loss \(validation.loss.formatted(digits: 4))"] + measured).joined(separator: ", ")
          + (validation.isBest ? " (best so far)" : ""))
    case .saved(let step, let path): line("step \(step): state saved in \(path)")
    case .stopped(let stop):
      line("\(describe(stop.reason)) after \(stop.step) steps, \(duration(seconds: clock.seconds))")
    }
    return .more
  }

  private func begin(_ start: TrainingStart) {
    self.start = start
    began = clock.seconds
    for warning in start.warnings { line("warning: \(warning)") }
    if start.step > 0 { line("resuming after step \(start.step) of \(start.totalSteps)") }
  }

  private func show(_ step: TrainingStep) {
    tokens += step.tokens
    // One step's loss is noisy; the bar shows an average over the last ten or so.
    let smoothed = smoothedLoss.map { 0.9 * $0 + 0.1 * step.loss } ?? step.loss
    smoothedLoss = smoothed
    let elapsed = max(clock.seconds - began, 1e-9)
    let isLast = step.step == step.totalSteps
    guard isTerminal || isLast || elapsed - lastLine >= secondsBetweenLines else { return }
    lastLine = elapsed
    let secondsPerStep = elapsed / Double(max(1, step.step - start.step))
    let place = ["\(step.step)/\(step.totalSteps)", "loss \(smoothed.formatted(digits: 4))"]
    let pace = [
      "\(Int(Double(tokens) / elapsed)) tokens/s",
      "\(duration(seconds: secondsPerStep * Double(step.totalSteps - step.step))) left",
      "peak \(gigabytes(ProcessMemory.peakBytes))",
    ]
    let text = (place + headlines(step.metrics) + pace).joined(separator: "  ")
    if isTerminal {
      write("\r\u{1B}[K\(bar(Double(step.step) / Double(max(1, step.totalSteps))))  \(text)")
    } else {
      write("step \(text)\n")
    }
  }

  /// Those of an objective's measurements that people look at first.
  private func headlines(_ metrics: [Metric]) -> [String] {
    let names = [PreferenceObjective.MetricName.accuracy, PreferenceObjective.MetricName.margin]
    return metrics.filter { names.contains($0.name) }.map { "\($0.name) \($0.value.formatted(digits: 3))" }
  }

  /// A line of its own; on a terminal it takes the place of the bar, which the next step draws again.
  private func line(_ text: String) { write(isTerminal ? "\r\u{1B}[K\(text)\n" : "\(text)\n") }

  private func bar(_ share: Double) -> String {
    let width = 20
    let filled = Int(share * Double(width))
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
  }

  private func describe(_ reason: SkippedStep.Reason) -> String {
    switch reason {
    case .noLossTokens: "none of its tokens counts in the loss"
    case .notFinite: "the loss or the gradient isn't finite"
    case .unusualLoss(let score):
      "the loss is \(score.formatted(digits: 1)) standard deviations above the recent ones"
    case .unusualGradient(let score):
      "the gradient is \(score.formatted(digits: 1)) standard deviations above the recent ones"
    }
  }

  private func describe(_ reason: TrainingStop.Reason) -> String {
    switch reason {
    case .finished: "finished"
    case .requested(let why): "stopped (\(why))"
    case .interrupted: "interrupted; the state is saved, --resume goes on from it"
    }
  }
}
