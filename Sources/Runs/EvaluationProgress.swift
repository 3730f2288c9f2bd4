/// Says how far an evaluation is, no more often than people want to hear.
final class EvaluationProgress {
  private static let pause = Duration.seconds(5)

  private let note: (String) -> Void
  private var latest = ContinuousClock.now

  init(_ note: @escaping (String) -> Void) { self.note = note }

  /// So many rows are answered by what is named.
  func rows(_ answered: Int, of count: Int, _ name: String) {
    guard answered == count || latest.duration(to: .now) >= Self.pause else { return }
    note("\(name), \(answered) of \(count)")
    latest = .now
  }
}
