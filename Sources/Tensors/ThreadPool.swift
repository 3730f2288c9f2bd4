import Foundation
import Synchronization

/// The one pool of threads that all compute runs on.
///
/// Work is cut into numbered tiles by its shape alone, never by the number of threads, and each tile is
/// computed whole by one thread: so results don't depend on how many threads there are (rule 5).
public final class ThreadPool: Sendable {
  private struct Job {
    /// Valid only while `forEachTile` waits, which it does until every tile is done.
    nonisolated(unsafe) let body: (Int) -> Void
    let tiles: Int
  }

  private final class Shared: Sendable {
    let generation = Atomic<Int>(0)
    let next = Atomic<Int>(0)
    let busy = Atomic<Int>(0)
    let job = Mutex<Job?>(nil)
    let stopped = Atomic<Bool>(false)
    let wake = Condition()
  }

  /// How many threads compute, the caller's included.
  public let threads: Int
  private let shared = Shared()
  private let entry = Mutex<Void>(())

  /// Starts the workers; by default as many threads as the machine has processors.
  public init(threads: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.threads = max(1, threads)
    for _ in 1..<max(1, self.threads) where self.threads > 1 {
      let shared = self.shared
      let worker = Thread { ThreadPool.work(shared) }
      worker.stackSize = 8 << 20
      worker.start()
    }
  }

  deinit {
    shared.stopped.store(true, ordering: .releasing)
    shared.wake.broadcast()
  }

  /// Runs `body(0)` … `body(tiles - 1)`, in any order and on any thread, and returns when all are done.
  ///
  /// `body` must not call back into the pool.
  public func forEachTile(_ tiles: Int, _ body: (Int) -> Void) {
    guard threads > 1, tiles > 1 else {
      for tile in 0..<max(0, tiles) { body(tile) }
      return
    }
    entry.withLock { _ in
      withoutActuallyEscaping(body) { body in
        shared.job.withLock { $0 = Job(body: body, tiles: tiles) }
        shared.next.store(0, ordering: .relaxed)
        shared.busy.store(threads - 1, ordering: .relaxed)
        shared.generation.add(1, ordering: .releasing)
        shared.wake.broadcast()
        ThreadPool.drain(shared, body: body, tiles: tiles)
        var spins = 0
        while shared.busy.load(ordering: .acquiring) > 0 {
          spins += 1
          if spins > 2000 { sched_yield() }
        }
        shared.job.withLock { $0 = nil }
      }
    }
  }

  /// Cuts `0..<count` into stretches of `length` (the last may be shorter) and runs `body` on each.
  public func forEachRange(of count: Int, length: Int, _ body: (Range<Int>) -> Void) {
    forEachTile((count + length - 1) / length) { tile in
      body(tile * length..<min(count, (tile + 1) * length))
    }
  }

  private static func drain(_ shared: Shared, body: (Int) -> Void, tiles: Int) {
    while true {
      let tile = shared.next.add(1, ordering: .relaxed).oldValue
      guard tile < tiles else { return }
      body(tile)
    }
  }

  private static func work(_ shared: Shared) {
    var seen = 0
    while true {
      // Spin a little, for steps follow each other closely; then sleep.
      var spins = 0
      while shared.generation.load(ordering: .acquiring) == seen {
        if shared.stopped.load(ordering: .acquiring) { return }
        spins += 1
        if spins > 4000 {
          shared.wake.wait {
            shared.generation.load(ordering: .acquiring) == seen
              && !shared.stopped.load(ordering: .acquiring)
          }
        }
      }
      seen += 1
      if let job = shared.job.withLock({ $0 }) { drain(shared, body: job.body, tiles: job.tiles) }
      shared.busy.subtract(1, ordering: .releasing)
    }
  }
}

/// A condition variable with its lock.
private final class Condition: @unchecked Sendable {
  // Sendable by what NSCondition is for; Foundation on Linux doesn't say so.
  private let condition = NSCondition()

  func wait(while predicate: () -> Bool) {
    condition.lock()
    while predicate() { condition.wait() }
    condition.unlock()
  }

  func broadcast() {
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }
}
