import Formats
import Foundation

/// A judge that is a program: requests go to its standard input and replies come from its standard output, a line
/// of JSON each.
///
/// It is started with the first request and keeps running. After a failure it is ended, and the next request starts
/// it anew, so that no late reply can be mistaken.
public final class CommandTransport: JudgeTransport {
  private let arguments: [String]
  private let timeout: Double
  private var session: CommandSession?

  /// - Parameters:
  ///   - arguments: The program, looked up in `PATH`, and what it is given.
  ///   - timeout: Seconds that a reply may take.
  public init(_ arguments: [String], timeout: Double) throws {
    guard !arguments.isEmpty else {
      throw EvaluationError.invalidOption("command", found: "empty", expected: "a program and its arguments")
    }
    self.arguments = arguments
    self.timeout = timeout
  }

  /// Looks for the program before anybody counts on it.
  ///
  /// - Throws: `EvaluationError.noProgram` where none can be started.
  public static func check(_ arguments: [String]) throws {
    guard let program = arguments.first else { return }
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    let places = program.contains("/") ? [program] : folders.map { "\($0)/\(program)" }
    guard places.contains(where: FileManager.default.isExecutableFile) else {
      throw EvaluationError.noProgram(program)
    }
  }

  public func exchange(_ request: JSON) throws(TransportFailure) -> JSON {
    do throws(TransportFailure) {
      let session = if let running = self.session { running } else { try CommandSession(arguments) }
      self.session = session
      let deadline = ContinuousClock.now.advanced(by: .seconds(timeout))
      try session.write(request.utf8() + [UInt8(ascii: "\n")], deadline: deadline)
      let line = try session.readLine(deadline: deadline)
      guard let reply = try? JSON.parse(line, source: arguments[0]) else { throw .garbage("no JSON") }
      return reply
    } catch {
      session = nil
      throw error
    }
  }
}

/// A running program, and the socket that is its standard input and output.
private final class CommandSession {
  private let process = Process()
  private let socket: Int32
  private var unread: [UInt8] = []

  init(_ arguments: [String]) throws(TransportFailure) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .failed(String(cString: strerror(errno))) }
    socket = ends[0]
    // Nobody else's child may keep it open, and nothing may block on it.
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    #if canImport(Darwin)
      var isSilent: Int32 = 1
      setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &isSilent, socklen_t(MemoryLayout<Int32>.size))
    #endif
    let other = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = other
    process.standardOutput = other
    do {
      try process.run()
    } catch {
      throw .failed("\(error)")
    }
    try? other.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    close(socket)
  }

  func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) throws(TransportFailure) {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    var rest = bytes[...]
    while !rest.isEmpty {
      try wait(for: POLLOUT, deadline: deadline)
      let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EAGAIN && errno != EINTR {
        throw .failed(String(cString: strerror(errno)))
      }
    }
  }

  /// The next line, without its end.
  func readLine(deadline: ContinuousClock.Instant) throws(TransportFailure) -> [UInt8] {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread.removeFirst(end + 1) }
        return Array(unread[..<end])
      }
      try wait(for: POLLIN, deadline: deadline)
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = piece.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
      if count > 0 {
        unread += piece[..<count]
      } else if count == 0 {
        throw .failed("it ended")
      } else if errno != EAGAIN && errno != EINTR {
        throw .failed(String(cString: strerror(errno)))
      }
    }
  }

  private func wait(for events: Int32, deadline: ContinuousClock.Instant) throws(TransportFailure) {
    while true {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      guard left > 0 else { throw .timedOut }
      var polled = pollfd(fd: socket, events: Int16(events), revents: 0)
      let ready = poll(&polled, 1, Int32(min(left.rounded(.up), 60_000)))
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw .failed(String(cString: strerror(errno))) }
    }
  }
}
