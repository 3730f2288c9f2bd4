/// Somebody who follows a run: a progress bar, a log, an early stop.
///
/// Consumers learn everything from events and keep nothing that a resumed run would need.
public protocol TrainingConsumer: AnyObject {
  /// Takes note of an event and says whether the run should go on.
  func receive(_ event: TrainingEvent) throws -> Continuation
}

/// Whether a run goes on.
public enum Continuation: Sendable, Hashable {
  case more
  /// No more steps; the state is saved and the run ends as finished.
  case stop(reason: String)
}
