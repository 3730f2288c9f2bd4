import Diagnostics
import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C (SIGINT) and SIGTERM into a request to stop after the current step.
///
/// The loop asks `isRequested` between steps, saves its state and ends as interrupted. A second signal ends the
/// process at once. The signals do again what they did by default when the value goes away.
public final class StopSignal: Sendable {
  private let requests: Counter
  private let signals: [Int32]
  /// Dispatch sources may be used from any thread; theirs here are only ever cancelled.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  /// Listens for these signals; without any only `request()` asks for a stop.
  ///
  /// - Parameter notice: Is called at the first signal, on a thread of its own.
  public init(
    listeningFor signals: [Int32] = [SIGINT, SIGTERM], notice: @escaping @Sendable () -> Void = {}
  ) {
    let requests = Counter()
    self.requests = requests
    self.signals = signals
    let queue = DispatchQueue(label: "trimtab.stop-signal")
    let listening = DispatchSemaphore(value: 0)
    sources = signals.map { number in
      #if canImport(Darwin)
        // kqueue tells of signals that are ignored; Linux's signalfd doesn't, and needs them as they are.
        signal(number, SIG_IGN)
      #endif
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if requests.increment() > 1 { _exit(ExitStatus.interrupted.rawValue) }
        notice()
      }
      source.setRegistrationHandler { listening.signal() }
      source.resume()
      return source
    }
    // Until a source is registered its signal still ends the process.
    for _ in signals { listening.wait() }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in signals { signal(number, SIG_DFL) }
  }

  /// Whether somebody has asked for a stop.
  public var isRequested: Bool { requests.count > 0 }

  /// Asks for a stop, as the signal would.
  public func request() { _ = requests.increment() }

  /// Apart from the value itself, so that the handlers don't keep that alive.
  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }
    func increment() -> Int { value.add(1, ordering: .relaxed).newValue }
  }
}
