/// Publishes checkpoints as a run goes on: the best or the latest, in its folder.
///
/// What it does follows from the run's state alone, so a resumed run publishes what the uninterrupted one would have.
final class Publisher: TrainingConsumer {
  private let folder: RunFolder
  private let output: CheckpointOutput
  private let keepsBest: Bool
  private let state: () -> TrainingState
  private var publishedStep: Int?

  /// - Parameters:
  ///   - keepsBest: the folder holds the best validated checkpoint rather than the latest saved.
  ///   - state: where the run stands.
  init(
    folder: RunFolder, output: CheckpointOutput, keepsBest: Bool, state: @escaping () -> TrainingState
  ) {
    self.folder = folder
    self.output = output
    self.keepsBest = keepsBest
    self.state = state
  }

  func receive(_ event: TrainingEvent) throws -> Continuation {
    switch event {
    case .validation(let validation) where keepsBest && validation.isBest: try publish()
    case .saved where !keepsBest: try publish()
    case .stopped(let stop) where stop.reason != .interrupted && !keepsBest: try publish()
    default: break
    }
    return .more
  }

  private func publish() throws {
    let state = state()
    guard publishedStep != state.step else { return }
    publishedStep = state.step
    try output.write(into: folder.path, state: state)
  }
}
