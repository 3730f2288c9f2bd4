import Foundation
import Testing

@testable import Tensors

struct ArenaTests {
  /// Takes and returns tensors in an order drawn from `seed`; tells where each lay, from the arena's beginning or,
  /// if workspace, from its end.
  private func offsets(in arena: Arena, seed: UInt64, steps: Int = 600) -> [Int] {
    var generator = CounterRandom(seed: seed).generator()
    let first = arena.tensor("first", [1], for: .cache).bytes
    var live: [Tensor] = []
    var offsets: [Int] = []
    for _ in 0..<steps {
      if live.count > 12 || !live.isEmpty && Bool.random(using: &generator) {
        live.remove(at: Int.random(in: 0..<live.count, using: &generator))
      } else {
        let purpose = MemoryPurpose.allCases.randomElement(using: &generator) ?? .activations
        let tensor = arena.tensor("some", [Int.random(in: 0...3000, using: &generator)], for: purpose)
        let offset = first.distance(to: tensor.bytes)
        offsets.append(purpose == .workspace ? offset - arena.capacity : offset)
        for other in live {
          let apart =
            tensor.bytes + tensor.byteCount <= other.bytes || other.bytes + other.byteCount <= tensor.bytes
          #expect(apart, "two tensors share memory")
        }
        live.append(tensor)
      }
    }
    return offsets
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func aPlanForetellsEveryOffset(seed: UInt64) throws {
    let (plan, backed) = (Arena.planning(), try Arena(capacity: 1 << 22))
    #expect(offsets(in: plan, seed: seed) == offsets(in: backed, seed: seed))
    #expect(plan.peakBytes == backed.peakBytes)
    #expect(plan.extentBytes == backed.extentBytes)
    #expect(plan.peakUsage == backed.peakUsage)
    #expect(plan.bytesInUse == 0)
    #expect(backed.bytesInUse == 0)
  }

  @Test func anArenaAsLargeAsItsPlanIsEnough() throws {
    let plan = Arena.planning()
    let planned = offsets(in: plan, seed: 9)
    #expect(offsets(in: try Arena(capacity: plan.extentBytes), seed: 9) == planned)
  }

  @Test func everythingThatReturnsCanBeTakenAgainWhole() throws {
    let arena = try Arena(capacity: 1 << 20)
    _ = offsets(in: arena, seed: 4)
    let whole = arena.tensor("whole", [arena.capacity / 4], for: .workspace)
    #expect(whole.byteCount == arena.capacity)
    #expect(arena.peakUsage == [.workspace: arena.capacity])
  }

  @Test func tensorsAreAlignedAndLiveAsLongAsTheirViews() throws {
    let arena = try Arena(capacity: 1 << 16)
    var view: Tensor? = arena.tensor("viewed", [3, 5], for: .activations).rows(1..<2)
    #expect(arena.bytesInUse == 64)
    let next = arena.tensor("next", [1], elementType: .bfloat16, for: .activations)
    #expect(Int(bitPattern: next.bytes) % 64 == 0)
    view?.floats.update(repeating: 1, count: 5)
    view = nil
    #expect(arena.bytesInUse == 64)
  }

  /// A network's step: activations pile up, and gradients replace them on the way back.
  @Test func aStepLikeTrainingFragmentsLittle() {
    let arena = Arena.planning()
    var saved: [Tensor] = []
    for layer in 0..<24 {
      saved.append(arena.tensor("normed", [512, 64], for: .activations))
      let scratch = arena.tensor("scratch", [512, 100 + layer], for: .workspace)
      saved.append(arena.tensor("hidden", [512, 192], for: .activations))
      _ = scratch
    }
    var gradient = arena.tensor("gradient", [512, 64], for: .gradients)
    while let _ = saved.popLast() {
      let wide = arena.tensor("gradient", [512, 192], for: .gradients)
      gradient = arena.tensor("gradient", [512, 64], for: .gradients)
      _ = wide
    }
    _ = gradient
    #expect(Double(arena.extentBytes) <= 1.05 * Double(arena.peakBytes))
  }

  @Test func thePeakOfResidentMemoryGrowsWithUse() {
    let before = ProcessMemory.peakBytes
    #expect(before > 1 << 20)
    #expect(before < Int(ProcessInfo.processInfo.physicalMemory))
    // More than was ever resident, so that the peak must move.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: before, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: before)
    #expect(ProcessMemory.peakBytes >= before + before / 4)
    memory.deallocate()
  }
}
