import Foundation
import Synchronization

/// A server on the loopback that answers one request after the other from a script, each on its own connection.
public final class ScriptedServer: Sendable {
  public enum Step: Sendable {
    case reply(status: Int, body: String)
    /// Never answers, until the client goes.
    case silence
    /// Ends the connection without a word.
    case close
  }

  public struct Failure: Error {}

  public let port: UInt16
  private let received = Mutex<[String]>([])
  public var bodies: [String] { received.withLock { $0 } }

  public init(_ steps: [Step]) throws {
    #if canImport(Darwin)
      let listener = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw Failure() }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      for step in steps {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        serve(connection, step)
        close(connection)
      }
      close(listener)
    }
  }

  private func serve(_ connection: Int32, _ step: Step) {
    var request: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while !isWhole(request) {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return }
      request += piece[..<count]
    }
    received.withLock { $0.append(String(decoding: request, as: UTF8.self)) }
    switch step {
    case .close: return
    case .silence: while recv(connection, &piece, piece.count, 0) > 0 {}
    case .reply(let status, let body):
      let text =
        "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
      _ = text.withCString { send(connection, $0, strlen($0), 0) }
    }
  }

  /// Whether headers and as much of a body as they announce have come.
  private func isWhole(_ request: [UInt8]) -> Bool {
    let text = String(decoding: request, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return false }
    let announced = text[..<end.lowerBound].split(separator: "\r\n").compactMap { line in
      line.lowercased().hasPrefix("content-length:")
        ? Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces)) : nil
    }.first
    return text[end.upperBound...].utf8.count >= announced ?? 0
  }
}
