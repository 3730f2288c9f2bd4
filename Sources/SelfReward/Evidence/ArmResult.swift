import Evaluation
import Formats

/// What the rounds of an arm came to, over all seeds.
public struct ArmResult: Sendable {
  public let arm: Arm
  /// By seed and round.
  ///
  /// The first of each seed is the start; a seed that ended early is at its last round ever after.
  public let ledgers: [[RoundLedger]]

  /// The greedy accuracy after a round, over seeds and questions.
  public func accuracy(round: Int) -> Estimate { Estimate(crossed: scores(round: round)) }

  /// [seed][question] after a round.
  public func scores(
    round: Int, _ measure: KeyPath<Examination, [Double]> = \.greedy
  ) -> [[Double]] {
    ledgers.map { $0[min(round, $0.count - 1)].examination[keyPath: measure] }
  }

  /// How many rounds there are besides the start.
  public var rounds: Int { (ledgers.map(\.count).max() ?? 1) - 1 }

  /// The difference to another arm after a round, paired on seeds and questions.
  public func difference(to other: ArmResult, round: Int) -> Estimate {
    Estimate(crossed: Self.differences(scores(round: round), other.scores(round: round)))
  }

  /// The difference to the start after a round, paired on seeds and questions.
  public func gain(round: Int) -> Estimate {
    Estimate(crossed: Self.differences(scores(round: round), scores(round: 0)))
  }

  private static func differences(_ ones: [[Double]], _ others: [[Double]]) -> [[Double]] {
    zip(ones, others).map { zip($0, $1).map { $0 - $1 } }
  }
}
