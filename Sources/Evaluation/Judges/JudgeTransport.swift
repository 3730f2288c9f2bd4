import Formats
import Foundation

/// How requests reach a judge outside this process, one after the other.
public protocol JudgeTransport: AnyObject {
  /// Sends a request and waits for its reply.
  func exchange(_ request: JSON) throws(TransportFailure) -> JSON
}

/// Why a request got no reply.
public enum TransportFailure: Error, Sendable, Hashable {
  case timedOut
  /// It refused, broke off or couldn't be reached.
  case failed(String)
  /// What came back is no reply.
  case garbage(String)

  /// For people, in a few words.
  public var text: String {
    switch self {
    case .timedOut: "no reply in time"
    case .failed(let reason): reason
    case .garbage(let reason): "its reply can't be read: \(reason)"
    }
  }
}

/// How often and how patiently a judge is asked.
public struct RetryOptions: Sendable, Hashable {
  /// How often the same is asked at most.
  public var attempts = 3
  /// Seconds that a reply may take.
  public var timeout = 30.0
  /// Seconds before the second attempt; each further one waits `delayFactor` times as long, up to `longestDelay`.
  public var firstDelay = 0.5
  public var delayFactor = 2.0
  public var longestDelay = 30.0
  /// After how many requests in a row without a reply the rest isn't asked any more.
  public var patience = 20

  public init() {}

  /// Checks every option's range.
  public func validate() throws {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      if !holds { throw EvaluationError.invalidOption(name, found: "\(found)", expected: expected) }
    }
    try check(attempts > 0, "attempts", attempts, "1 or more")
    try check(timeout > 0 && timeout.isFinite, "timeout", timeout, "seconds over 0")
    try check(firstDelay >= 0 && firstDelay.isFinite, "first delay", firstDelay, "seconds from 0 up")
    try check(delayFactor >= 1 && delayFactor.isFinite, "delay factor", delayFactor, "1 or more")
    try check(longestDelay >= 0 && longestDelay.isFinite, "longest delay", longestDelay, "seconds from 0 up")
    try check(patience > 0, "patience", patience, "1 or more")
  }

  /// Seconds to wait before an attempt, counted from 0.
  func delay(before attempt: Int) -> Double {
    attempt == 0 ? 0 : min(longestDelay, firstDelay * pow(delayFactor, Double(attempt - 1)))
  }
}
