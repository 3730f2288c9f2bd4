import Formats
import Foundation

/// Publishes checkpoints as a run goes on: the best or the latest at the top of its folder, the last few under `steps`.
///
/// What it does follows from the run's state alone, so a resumed run publishes what the uninterrupted one would have.
final class Publisher: TrainingConsumer {
  private let folder: RunFolder
  private let output: CheckpointOutput
  private let keepsBest: Bool
  private let keepLast: Int
  private let state: () -> TrainingState
  private var publishedStep: Int?

  /// - Parameters:
  ///   - keepsBest: the top of the folder holds the best validated checkpoint rather than the latest saved.
  ///   - keepLast: how many of the last saved ones are kept besides.
  ///   - state: where the run stands.
  init(
    folder: RunFolder, output: CheckpointOutput, keepsBest: Bool, keepLast: Int,
    state: @escaping () -> TrainingState
  ) {
    self.folder = folder
    self.output = output
    self.keepsBest = keepsBest
    self.keepLast = keepLast
    self.state = state
  }

  func receive(_ event: TrainingEvent) throws -> Continuation {
    switch event {
    case .validation(let validation) where keepsBest && validation.isBest: try publish()
    case .saved(let step, _):
      if !keepsBest { try publish() }
      if keepLast > 0 { try keep(step) }
    case .stopped(let stop) where stop.reason != .interrupted && !keepsBest: try publish()
    default: break
    }
    return .more
  }

  private func publish() throws {
    let state = state()
    guard publishedStep != state.step else { return }
    publishedStep = state.step
    try output.write(into: folder.path, destination: folder.path, state: state)
  }

  private func keep(_ step: Int) throws {
    try Folder.create(folder.stepsPath)
    let path = "\(folder.stepsPath)/\(StepNames.name(of: step))"
    try Folders.replace(path) { temporary in
      try output.write(into: temporary, destination: path, state: state())
    }
    for old in StepNames.steps(in: folder.stepsPath).dropFirst(keepLast) {
      try? FileManager.default.removeItem(atPath: "\(folder.stepsPath)/\(StepNames.name(of: old))")
    }
  }
}
