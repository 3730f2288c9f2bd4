import Foundation
import Synchronization
import Testing

@testable import Tensors

struct ThreadPoolTests {
  /// Tiles that each thread wrote, one slot a tile: any tile run twice, not at all, or by another job's body shows.
  @Test(arguments: [1, 2, 3, 8])
  func everyTileRunsOnceInItsOwnJob(threads: Int) {
    let pool = ThreadPool(threads: threads)
    for job in 1...3000 {
      let tiles = job % 17
      let counts = (0..<tiles).map { _ in Counter() }
      pool.forEachTile(tiles) { tile in counts[tile].value.add(job, ordering: .relaxed) }
      let right = counts.allSatisfy { $0.value.load(ordering: .relaxed) == job }
      #expect(right, "job \(job) with \(threads) threads")
    }
  }

  @Test func theFirstTilesBeginFirst() {
    let begun = Atomic(false)
    let late = Counter()
    ThreadPool(threads: 2).forEachTile(3) { tile in
      if tile == 0 { begun.store(true, ordering: .releasing) }
      // The two others are at most one each of the threads': handed out before it, both would wait in vain.
      let limit = ContinuousClock.now + .seconds(5)
      while !begun.load(ordering: .acquiring), ContinuousClock.now < limit { sched_yield() }
      if !begun.load(ordering: .acquiring) { late.value.add(1, ordering: .relaxed) }
    }
    #expect(late.value.load(ordering: .relaxed) == 0)
  }

  @Test func callersTakeTurns() {
    let pool = ThreadPool(threads: 2)
    let total = Counter()
    let done = DispatchGroup()
    for _ in 0..<4 {
      done.enter()
      Thread.detachNewThread {
        for _ in 0..<500 { pool.forEachTile(5) { total.value.add($0, ordering: .relaxed) } }
        done.leave()
      }
    }
    done.wait()
    #expect(total.value.load(ordering: .relaxed) == 4 * 500 * 10)
  }

  @Test func rangesCoverTheWhole() {
    let pool = ThreadPool(threads: 2)
    let seen = (0..<103).map { _ in Counter() }
    pool.forEachRange(of: 103, length: 10) { range in
      for index in range { seen[index].value.add(1, ordering: .relaxed) }
    }
    let right = seen.allSatisfy { $0.value.load(ordering: .relaxed) == 1 }
    #expect(right)
    pool.forEachRange(of: 0, length: 10) { _ in Issue.record("nothing has no ranges") }
  }

  @Test func poolsComeAndGo() {
    for _ in 0..<200 {
      let pool = ThreadPool(threads: 3)
      let total = Counter()
      pool.forEachTile(3) { _ in total.value.add(1, ordering: .relaxed) }
      #expect(total.value.load(ordering: .relaxed) == 3)
    }
  }

  @Test func idleThreadsSleep() {
    let pool = ThreadPool(threads: 4)
    pool.forEachTile(4) { _ in }
    let deadline = Date.now + 10
    while pool.sleepingThreads < 3, Date.now < deadline { Thread.sleep(forTimeInterval: 0.001) }
    #expect(pool.sleepingThreads == 3)
    let total = Counter()
    pool.forEachTile(4) { total.value.add($0, ordering: .relaxed) }
    #expect(total.value.load(ordering: .relaxed) == 6)
  }
}

private final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
