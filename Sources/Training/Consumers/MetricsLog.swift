import Formats

/// `metrics.jsonl`: a line for every step, skipped step and validation.
///
/// Each line has `"event"` (`step`, `skipped` or `validation`) and `"step"`; losses are in nats, null when they aren't
/// finite; what an objective measures besides follows under its own names (`rewards/margins`). A resumed run first
/// drops the lines of steps that it will take again, so that no step is told twice.
public final class MetricsLog: TrainingConsumer {
  private let path: String
  private var file: AppendedFile?

  public init(path: String) { self.path = path }

  public func receive(_ event: TrainingEvent) throws -> Continuation {
    switch event {
    case .started(let start):
      try Self.dropLines(after: start.step, in: path)
      file = try AppendedFile(path: path)
    case .step(let step):
      try append(
        [
          "event": "step", "step": .integer(step.step), "epoch": .number(step.epoch),
          "loss": .number(step.loss),
          "learning_rate": .number(step.learningRate), "gradient_norm": .number(step.gradientNorm),
          "tokens": .integer(step.tokens), "loss_tokens": .integer(step.lossTokens),
          "seconds": .number(step.seconds),
        ], step.metrics)
    case .skipped(let step):
      try append([
        "event": "skipped", "step": .integer(step.step), "reason": .string("\(step.reason)"),
        "loss": .number(step.loss), "gradient_norm": .number(step.gradientNorm),
      ])
    case .validation(let validation):
      var line: JSONObject = [
        "event": "validation", "step": .integer(validation.step), "loss": .number(validation.loss),
      ]
      line["perplexity"] = validation.perplexity.map { .number($0) }
      try append(line, validation.metrics)
    case .saved, .stopped:
      break
    }
    return .more
  }

  private func append(_ line: JSONObject, _ metrics: [Metric] = []) throws {
    var line = line
    for metric in metrics { line[metric.name] = .number(metric.value) }
    try file?.append(JSON.object(line).utf8() + [UInt8(ascii: "\n")])
  }

  /// Keeps the lines up to a step; a last line that a crash cut short goes too.
  private static func dropLines(after step: Int, in path: String) throws {
    guard let lines = try? JSONLines(path: path) else { return }
    var kept: [String] = []
    for line in lines {
      guard let json = try? line.json(), let number = json["step"]?.intValue, number <= step else { continue }
      kept.append(json.text() + "\n")
    }
    try AtomicFile.write(kept.joined(), to: path)
  }
}
