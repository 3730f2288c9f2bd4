import Formats
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A judge behind an address: each request is POSTed as JSON, and the reply's body is JSON.
public final class HTTPTransport: JudgeTransport {
  private let address: URL
  private let timeout: Double
  private let session: URLSession

  /// - Parameters:
  ///   - address: `http://host:port/path`, or https.
  ///   - timeout: Seconds that a reply may take.
  /// - Throws: `EvaluationError.invalidAddress`.
  public init(_ address: String, timeout: Double) throws {
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme ?? ""), url.host != nil else {
      throw EvaluationError.invalidAddress(address)
    }
    self.address = url
    self.timeout = timeout
    session = URLSession(configuration: .ephemeral)
  }

  deinit { session.invalidateAndCancel() }

  /// What a finished request leaves behind for the thread that waits for it.
  private final class Outcome: Sendable {
    let result = Mutex<Result<Data, TransportFailure>>(.failure(.timedOut))
    let isDone = DispatchSemaphore(value: 0)
  }

  public func exchange(_ request: JSON) throws(TransportFailure) -> JSON {
    var post = URLRequest(url: address, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout)
    post.httpMethod = "POST"
    post.setValue("application/json", forHTTPHeaderField: "Content-Type")
    post.setValue("application/json", forHTTPHeaderField: "Accept")
    post.httpBody = Data(request.utf8())
    let outcome = Outcome()
    let task = session.dataTask(with: post) { data, response, error in
      let result = Self.result(data, response, error)
      outcome.result.withLock { $0 = result }
      outcome.isDone.signal()
    }
    task.resume()
    if outcome.isDone.wait(timeout: .now() + timeout) == .timedOut {
      task.cancel()
      throw .timedOut
    }
    let body = try outcome.result.withLock { $0 }.get()
    guard let reply = try? JSON.parse(body, source: address.absoluteString) else { throw .garbage("no JSON") }
    return reply
  }

  private static func result(
    _ data: Data?, _ response: URLResponse?, _ error: (any Error)?
  ) -> Result<Data, TransportFailure> {
    if let error {
      return .failure(
        (error as? URLError)?.code == .timedOut ? .timedOut : .failed(error.localizedDescription))
    }
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard (200..<300).contains(status) else { return .failure(.failed("status \(status)")) }
    return .success(data ?? Data())
  }
}
