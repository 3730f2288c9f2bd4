import Formats
import Foundation

/// TensorBoard's event file: loss, learning rate, gradient norm, speed and validation as scalars.
///
/// The file is a sequence of TFRecords (length, checksum, message, checksum), each message a protocol buffer
/// `Event`. Every start of a run opens a file of its own; a session mark tells TensorBoard to forget what
/// earlier files say about steps that are taken again.
public final class TensorBoardLog: TrainingConsumer {
  private let folder: String
  private let now: () -> Date
  private let crc = CRC32C()
  private var file: AppendedFile?

  /// Writes into `folder`; `now` is the clock that stamps the events.
  public init(folder: String, now: @escaping () -> Date = { Date() }) {
    self.folder = folder
    self.now = now
  }

  public func receive(_ event: TrainingEvent) throws -> Continuation {
    switch event {
    case .started(let start):
      try open(at: start.step)
    case .step(let step):
      try scalars(
        [
          ("train/loss", step.loss), ("train/learning_rate", step.learningRate),
          ("train/gradient_norm", step.gradientNorm),
          ("train/tokens_per_second", Double(step.tokens) / max(step.seconds, 1e-9)),
        ] + step.metrics.map { ("train/\($0.name)", $0.value) }, at: step.step)
    case .validation(let validation):
      try scalars(
        [("validation/loss", validation.loss)]
          + (validation.perplexity.map { [("validation/perplexity", $0)] } ?? [])
          + validation.metrics.map { ("validation/\($0.name)", $0.value) },
        at: validation.step)
    case .skipped(let step):
      try scalars([("train/skipped", 1)], at: step.step)
    case .saved, .stopped:
      break
    }
    return .more
  }

  private func open(at step: Int) throws {
    let earlier = try FileManager.default.contentsOfDirectory(atPath: folder)
    // The name sorts by time; a second run within a second gets the next free one.
    let seconds = Int(now().timeIntervalSince1970)
    let names = (seconds...).lazy.map { "\(self.folder)/events.out.tfevents.\($0).trimtab" }
    guard let path = names.first(where: { !FileManager.default.fileExists(atPath: $0) }) else { return }
    file = try AppendedFile(path: path)
    try record { $0.append("brain.Event:2", field: EventField.fileVersion) }
    if earlier.contains(where: { $0.hasPrefix("events.out.tfevents.") }) {
      var session = ProtocolBuffer()
      session.append(SessionStatus.start, field: 1)
      try record(at: step + 1) { $0.append(session, field: EventField.sessionLog) }
    }
  }

  private func scalars(_ values: [(tag: String, value: Double)], at step: Int) throws {
    var summary = ProtocolBuffer()
    for (tag, value) in values {
      var scalar = ProtocolBuffer()
      scalar.append(tag, field: 1)
      scalar.append(Float(value), field: 2)
      summary.append(scalar, field: 1)
    }
    try record(at: step) { $0.append(summary, field: EventField.summary) }
  }

  private func record(at step: Int? = nil, _ content: (inout ProtocolBuffer) -> Void) throws {
    var event = ProtocolBuffer()
    event.append(now().timeIntervalSince1970, field: EventField.wallTime)
    if let step { event.append(step, field: EventField.step) }
    content(&event)
    let length = littleEndian(UInt64(event.bytes.count))
    try file?.append(
      length + littleEndian(crc.masked(length)) + event.bytes + littleEndian(crc.masked(event.bytes)))
  }

  /// The field numbers of TensorFlow's `event.proto`.
  private enum EventField {
    static let wallTime = 1
    static let step = 2
    static let fileVersion = 3
    static let summary = 5
    static let sessionLog = 7
  }

  private enum SessionStatus {
    static let start = 1
  }
}
