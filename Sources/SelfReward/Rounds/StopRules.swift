import Foundation

/// When rounds end before their number, by what can be seen without answers.
public struct StopRules: Sendable, Hashable {
  /// Candidates agree so much that votes and judges see no difference any more.
  public var voteShare: Double?
  /// So many prompts have equal scores throughout.
  public var tieRate: Double?
  /// The mean length has changed by this factor since the start, either way.
  public var lengthDrift: Double?
  /// The entropy a token has fallen below this share of the start's.
  public var entropyFloor: Double?
  /// Whether the result is the round that wins most often against the start under the judge, rather than the last.
  public var rollsBack = false

  public init() {}

  /// Why the rounds should end with this one; nil: they shouldn't.
  public func reason(_ health: RoundHealth, start: RoundHealth) -> String? {
    if let voteShare, health.candidates.voteShare >= voteShare {
      return format("candidates agree: vote share %.3f", health.candidates.voteShare)
    }
    if let tieRate, let found = health.scores?.tieRate, found >= tieRate {
      return format("scores tie: tie rate %.3f", found)
    }
    let drift = start.candidates.length > 0 ? health.candidates.length / start.candidates.length : 1
    if let lengthDrift, drift > lengthDrift || drift < 1 / lengthDrift {
      return format("lengths drift: %.2f times the start's", drift)
    }
    if let entropyFloor, health.entropy < entropyFloor * start.entropy {
      return format("entropy falls: %.3f nats a token", health.entropy)
    }
    return nil
  }

  private func format(_ text: String, _ number: Double) -> String { String(format: text, number) }
}
