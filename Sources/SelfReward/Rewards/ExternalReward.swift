import Evaluation
import Formats
import Foundation

/// A judge outside this process: a command or an HTTP endpoint.
///
/// For each candidate it gets `{"id", "set", "candidate", "prompt", "response", "complete"}` and replies
/// `{"id", "score", "text"}`, where `score` is a number (up to ±1e100), or null to decline, and `text` may be left out. What times out,
/// fails or returns anything else is asked again; a candidate that never gets a reply is missing and counted, and
/// no other candidate is the worse for it.
public final class ExternalReward: Reward {
  public let name: String
  private let transport: RetryingTransport
  private let patience: Int
  private var tally = Tally()

  private struct Tally {
    var (answered, declined, unanswered, notAsked) = (0, 0, 0, 0)
  }

  /// - Parameter wait: What waits so many seconds between attempts.
  public init(
    name: String, transport: any JudgeTransport, options: RetryOptions = RetryOptions(),
    wait: @escaping (Double) -> Void = { Thread.sleep(forTimeInterval: $0) }
  ) throws {
    self.name = name
    self.transport = try RetryingTransport(transport, options: options, wait: wait)
    patience = options.patience
  }

  /// Candidates by what became of them, and attempts by what went wrong.
  public var counts: JSONObject {
    [
      "answered": .integer(tally.answered), "declined": .integer(tally.declined),
      "unanswered": .integer(tally.unanswered), "not_asked": .integer(tally.notAsked),
      "retries": .integer(transport.counts.retries), "timeouts": .integer(transport.counts.timeouts),
      "failures": .integer(transport.counts.failures), "garbage": .integer(transport.counts.garbage),
    ]
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    var unansweredInRow = 0
    return sets.map { set in
      set.candidates.enumerated().map { place, candidate in
        guard unansweredInRow < patience else {
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
    do throws(TransportFailure) {
      let judgment = try transport.reply(to: request) { reply throws(TransportFailure) in
        try Self.judgment(reply, id: id)
      }
      if judgment.score == nil { tally.declined += 1 } else { tally.answered += 1 }
      return judgment
    } catch {
      tally.unanswered += 1
      return nil
    }
  }

  /// Whether a number is one that can be squared and added up.
  private static func isScore(_ number: Double) -> Bool { abs(number) <= 1e100 }

  private static func judgment(_ reply: JSON, id: String) throws(TransportFailure) -> Judgment {
    // A reply to an earlier request that came too late must not be taken for this one's.
    if let other = reply["id"], other.stringValue != id { throw .garbage("a reply to another request") }
    guard let score = reply["score"], score.isNull || score.doubleValue.map(isScore) == true else {
      throw .garbage("no score")
    }
    return Judgment(
      averaging: [score.doubleValue], texts: reply["text"]?.stringValue.map { [$0] } ?? [])
  }
}
