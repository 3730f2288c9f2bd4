import CKernels
import Foundation
import Synchronization

/// The one pool of threads that all compute runs on.
///
/// Work is cut into numbered tiles by its shape alone, or so that every element is summed alike however it is cut
/// (`TileCut`), and each tile is computed whole by one thread: so results don't depend on how many threads there
/// are (rule 5).
public final class ThreadPool: Sendable {
  /// How many threads compute, the caller's included.
  public let threads: Int
  private let board: Board
  private let entry = Mutex<Void>(())

  /// Starts the workers; nil: as many threads as the machine has processors.
  public init(threads: Int? = nil) {
    let threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    self.threads = threads
    board = Board()
    for _ in 1..<threads {
      let worker = Thread { [board] in board.work() }
      worker.stackSize = 8 << 20
      worker.start()
    }
  }

  deinit { board.stop() }

  /// How many workers sleep, having waited in vain for a while.
  var sleepingThreads: Int { board.sleepingThreads }

  /// Runs `body(0)` … `body(tiles - 1)` on any thread, and returns when all are done.
  ///
  /// They begin in their order: what takes longest should come first. Calls from several threads take turns; `body` must not call back into the pool.
  public func forEachTile(_ tiles: Int, _ body: (Int) -> Void) {
    guard threads > 1, tiles > 1 else {
      for tile in 0..<max(0, tiles) { body(tile) }
      return
    }
    entry.withLock { _ in
      withoutActuallyEscaping(body) { board.run(Board.Job(tiles: tiles, body: $0)) }
    }
  }

  /// Cuts `0..<count` into stretches of `length` (the last may be shorter) and runs `body` on each.
  public func forEachRange(of count: Int, length: Int, _ body: (Range<Int>) -> Void) {
    forEachTile((count + length - 1) / length) { tile in
      body(tile * length..<min(count, (tile + 1) * length))
    }
  }
}

/// Where a job's tiles are handed out and counted back in.
///
/// Sendable because `job` is written only while no tile is out, before the tickets that lead to it are published.
private final class Board: @unchecked Sendable {
  struct Job {
    let tiles: Int
    let body: (Int) -> Void
  }

  /// The current job's number in the high half, in the low half how many of its tiles are still to be taken.
  ///
  /// A tile is taken by exchanging the whole word, so a worker that is late for one job can't take a tile of the
  /// next by mistake; and once it has taken one, that job can't end before the tile is done, so `job` is
  /// valid.
  private let tickets = Atomic<UInt64>(0)
  private let unfinished = Atomic<Int>(0)
  private var job: UnsafePointer<Job>?
  private let sleepers = Atomic<Int>(0)
  private let stopped = Atomic<Bool>(false)
  private let wake = Condition()

  /// How often a waiting thread looks before it sleeps or gives way: some 50 µs, for steps follow each other
  /// closely and waking a thread takes as long.
  private static let patience = 2000

  /// Publishes a job, takes part in it and waits until all its tiles are done.
  func run(_ work: Job) {
    withUnsafePointer(to: work) { pointer in
      job = pointer
      unfinished.store(work.tiles, ordering: .relaxed)
      let number = tickets.load(ordering: .relaxed) >> 32 &+ 1
      // Sequentially consistent, as the sleepers' part is: either they see the job or we see them.
      tickets.store(number << 32 | UInt64(work.tiles), ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake.broadcast() }
      while takeTile() {}
      var looks = 0
      while unfinished.load(ordering: .acquiring) > 0 {
        looks += 1
        if looks < Board.patience { trimtab_cpu_relax() } else { sched_yield() }
      }
    }
  }

  /// Takes one tile of the current job and runs it; false when all have been taken.
  private func takeTile() -> Bool {
    var seen = tickets.load(ordering: .acquiring)
    while true {
      let left = seen & 0xFFFF_FFFF
      if left == 0 { return false }
      let (taken, now) = tickets.weakCompareExchange(
        expected: seen, desired: seen - 1, successOrdering: .acquiring, failureOrdering: .acquiring)
      if taken {
        runTile(left: Int(left))
        unfinished.subtract(1, ordering: .acquiringAndReleasing)
        return true
      }
      seen = now
    }
  }

  /// Not inlined, so that nothing holds on to the job's body when its last tile is counted as done.
  @inline(never)
  private func runTile(left: Int) {
    if let job { job.pointee.body(job.pointee.tiles - left) }
  }

  /// What a worker does until the pool is gone.
  func work() {
    while !stopped.load(ordering: .acquiring) {
      if takeTile() { continue }
      var looks = 0
      while isIdle {
        looks += 1
        if looks < Board.patience {
          trimtab_cpu_relax()
        } else {
          sleepers.add(1, ordering: .sequentiallyConsistent)
          wake.wait { isIdle }
          sleepers.subtract(1, ordering: .relaxed)
        }
      }
    }
  }

  var sleepingThreads: Int { sleepers.load(ordering: .relaxed) }

  private var isIdle: Bool {
    tickets.load(ordering: .sequentiallyConsistent) & 0xFFFF_FFFF == 0
      && !stopped.load(ordering: .acquiring)
  }

  func stop() {
    stopped.store(true, ordering: .releasing)
    wake.broadcast()
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
