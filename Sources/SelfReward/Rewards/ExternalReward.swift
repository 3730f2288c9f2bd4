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
}

/// How often and how patiently a judge is asked.
public struct RetryOptions: Sendable, Hashable {
  /// How often one candidate is asked about at most.
  public var attempts = 3
  /// Seconds that a reply may take.
  public var timeout = 30.0
  /// Seconds before the second attempt; each further one waits `delayFactor` times as long, up to `longestDelay`.
  public var firstDelay = 0.5
  public var delayFactor = 2.0
  public var longestDelay = 30.0
  /// After how many candidates in a row without a reply the rest isn't asked about any more.
  public var patience = 20

  public init() {}

  /// Checks every option's range.
  public func validate() throws {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      if !holds { throw SelfRewardError.invalidOption(name, found: "\(found)", expected: expected) }
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

/// A judge outside this process: a command or an HTTP endpoint.
///
/// For each candidate it gets `{"id", "set", "candidate", "prompt", "response", "complete"}` and replies
/// `{"id", "score", "text"}`, where `score` is a number, or null to decline, and `text` may be left out. What times out,
/// fails or returns anything else is asked again; a candidate that never gets a reply is missing and counted, and
/// no other candidate is the worse for it.
public final class ExternalReward: Reward {
  public let name: String
  private let transport: any JudgeTransport
  private let options: RetryOptions
  private let wait: (Double) -> Void
  private var tally = Tally()

  private struct Tally {
    var (answered, declined, unanswered, notAsked) = (0, 0, 0, 0)
    var (retries, timeouts, failures, garbage) = (0, 0, 0, 0)
  }

  /// - Parameter wait: What waits so many seconds between attempts.
  public init(
    name: String, transport: any JudgeTransport, options: RetryOptions = RetryOptions(),
    wait: @escaping (Double) -> Void = { Thread.sleep(forTimeInterval: $0) }
  ) throws {
    try options.validate()
    self.name = name
    self.transport = transport
    self.options = options
    self.wait = wait
  }

  /// Candidates by what became of them, and attempts by what went wrong.
  public var counts: JSONObject {
    [
      "answered": .integer(tally.answered), "declined": .integer(tally.declined),
      "unanswered": .integer(tally.unanswered), "not_asked": .integer(tally.notAsked),
      "retries": .integer(tally.retries), "timeouts": .integer(tally.timeouts),
      "failures": .integer(tally.failures), "garbage": .integer(tally.garbage),
    ]
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    var unansweredInRow = 0
    return sets.map { set in
      set.candidates.enumerated().map { place, candidate in
        guard unansweredInRow < options.patience else {
          tally.notAsked += 1
          return .missing
        }
        let judgment = ask(about: candidate, at: place, of: set)
        unansweredInRow = judgment == nil ? unansweredInRow + 1 : 0
        return judgment ?? .missing
      }
    }
  }

  /// The judgment, or nil when there is none after every attempt.
  private func ask(about candidate: Candidate, at place: Int, of set: CandidateSet) -> Judgment? {
    let id = "\(set.id)/\(place)"
    let request: JSON = [
      "id": .string(id), "set": .string(set.id), "candidate": .integer(place),
      "prompt": .string(set.prompt), "response": .string(candidate.text),
      "complete": .bool(candidate.isComplete),
    ]
    for attempt in 0..<options.attempts {
      if attempt > 0 {
        tally.retries += 1
        wait(options.delay(before: attempt))
      }
      do throws(TransportFailure) {
        let judgment = try Self.judgment(try transport.exchange(request), id: id)
        if judgment.score == nil { tally.declined += 1 } else { tally.answered += 1 }
        return judgment
      } catch {
        switch error {
        case .timedOut: tally.timeouts += 1
        case .failed: tally.failures += 1
        case .garbage: tally.garbage += 1
        }
      }
    }
    tally.unanswered += 1
    return nil
  }

  private static func judgment(_ reply: JSON, id: String) throws(TransportFailure) -> Judgment {
    // A reply to an earlier request that came too late must not be taken for this one's.
    if let other = reply["id"], other.stringValue != id { throw .garbage("a reply to another request") }
    guard let score = reply["score"], score.isNull || score.doubleValue?.isFinite == true else {
      throw .garbage("no score")
    }
    return Judgment(
      averaging: [score.doubleValue], texts: reply["text"]?.stringValue.map { [$0] } ?? [])
  }
}
