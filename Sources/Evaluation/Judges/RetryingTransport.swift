import Formats
import Foundation

/// A judge outside this process that is asked again where its reply is late, broken off or unreadable; it counts that.
public final class RetryingTransport {
  /// Attempts by what went wrong with them, and how many were repetitions.
  public struct Counts: Sendable, Hashable {
    public var retries = 0
    public var timeouts = 0
    public var failures = 0
    public var garbage = 0
  }

  public private(set) var counts = Counts()
  private let transport: any JudgeTransport
  private let options: RetryOptions
  private let wait: (Double) -> Void

  /// - Parameter wait: What waits so many seconds between attempts.
  /// - Throws: `EvaluationError.invalidOption`
  public init(
    _ transport: any JudgeTransport, options: RetryOptions = RetryOptions(),
    wait: @escaping (Double) -> Void = { Thread.sleep(forTimeInterval: $0) }
  ) throws {
    try options.validate()
    self.transport = transport
    self.options = options
    self.wait = wait
  }

  /// What `read` makes of the reply to a request.
  ///
  /// - Throws: What was wrong with the last attempt, after as many as the options allow.
  public func reply<Reply>(
    to request: JSON, read: (JSON) throws(TransportFailure) -> Reply
  ) throws(TransportFailure) -> Reply {
    var latest = TransportFailure.timedOut
    for attempt in 0..<options.attempts {
      if attempt > 0 {
        counts.retries += 1
        wait(options.delay(before: attempt))
      }
      do throws(TransportFailure) {
        return try read(try transport.exchange(request))
      } catch {
        latest = error
        switch error {
        case .timedOut: counts.timeouts += 1
        case .failed: counts.failures += 1
        case .garbage: counts.garbage += 1
        }
      }
    }
    throw latest
  }
}
