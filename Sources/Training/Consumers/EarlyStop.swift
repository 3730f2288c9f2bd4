/// Ends a run when the validation loss has stopped falling.
///
/// It judges the history that each validation carries, so a resumed run decides as the uninterrupted one does.
public final class EarlyStop: TrainingConsumer {
  /// How many validations in a row may fail to improve.
  public let patience: Int
  /// By how much a loss must fall below the best one to count as better.
  public let minimumImprovement: Double

  public init(patience: Int, minimumImprovement: Double = 0) {
    precondition(patience > 0)
    self.patience = patience
    self.minimumImprovement = minimumImprovement
  }

  public func receive(_ event: TrainingEvent) -> Continuation {
    guard case .validation(let validation) = event else { return .more }
    let losses = validation.history.map(\.loss) + [validation.loss]
    let waited = validationsSinceImprovement(losses)
    guard waited >= patience else { return .more }
    return .stop(reason: "the validation loss hasn't improved in \(waited) validations")
  }

  private func validationsSinceImprovement(_ losses: [Double]) -> Int {
    var best = Double.infinity
    var waited = 0
    for loss in losses {
      if loss < best - minimumImprovement {
        best = loss
        waited = 0
      } else {
        waited += 1
      }
    }
    return waited
  }
}
