import Formats
import Foundation

/// A judge behind an address: each request is POSTed, and asked again where the reply is late or can't be read.
public struct HTTPJudge: ExternalJudge {
  private let address: String
  private let transport: RetryingTransport

  /// - Parameter wait: What waits so many seconds between attempts.
  /// - Throws: `EvaluationError.invalidAddress` or `.invalidOption`.
  public init(
    _ address: String, options: RetryOptions = RetryOptions(),
    wait: @escaping (Double) -> Void = { Thread.sleep(forTimeInterval: $0) }
  ) throws {
    self.address = address
    transport = try RetryingTransport(
      try HTTPTransport(address, timeout: options.timeout), options: options, wait: wait)
  }

  public var fingerprint: String { "http \(address)" }

  /// - Throws: `EvaluationError.unreachableJudge` where even the last attempt brings no verdict: what earlier
  ///   batches answered is kept, and no answer is called bad because nobody judged it.
  public func verdicts(on requests: [JSON]) throws -> [Double?] {
    try requests.map { request in
      do throws(TransportFailure) {
        return try transport.reply(to: request) { reply throws(TransportFailure) in
          try Self.verdict(in: reply)
        }
      } catch {
        throw EvaluationError.unreachableJudge(address, problem: error.text)
      }
    }
  }
}
