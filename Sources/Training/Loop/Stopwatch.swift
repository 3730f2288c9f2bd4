/// Seconds since it was made; tests give it another clock.
public struct Stopwatch: Sendable {
  private let read: @Sendable () -> Double

  /// The monotonic clock of the system, started now.
  public init() {
    let start = ContinuousClock.now
    read = { (ContinuousClock.now - start) / .seconds(1) }
  }

  /// A clock that reads as `seconds` says.
  public init(seconds: @escaping @Sendable () -> Double) { read = seconds }

  public var seconds: Double { read() }
}
