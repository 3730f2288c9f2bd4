import Foundation
import Synchronization

/// What a stretch of memory is for; the rows of the memory report.
public enum MemoryPurpose: String, Sendable, Hashable, CaseIterable {
  case activations, gradients, workspace, cache
}

/// The memory of one step, cut into tensors that return to it with their last reference.
///
/// A *planning* arena has no memory behind it: the same code runs over it, kernels left out, and how much it
/// would have taken is the plan (rule 3: plan, then arena). A *backed* arena reserves its address space once; pages are
/// touched in the first step and reused ever after, so that nothing is allocated after warm-up.
///
/// Workspace, which lives for one operation only, is taken from the arena's end; what lives longer from its
/// beginning. So short lives leave no holes between long ones.
public final class Arena: Sendable {
  private struct State {
    var free: [Range<Int>]
    var inUse = 0
    /// How far tensors have reached from the beginning, and workspace from the end.
    var reach = 0
    var reachFromEnd = 0
    var usage: [MemoryPurpose: Int] = [:]
    var usageAtPeak: [MemoryPurpose: Int] = [:]
    var peak = 0

    init(free: Range<Int>) { self.free = [free] }

    /// Takes the first stretch that is long enough, from the beginning or from the end.
    mutating func take(_ length: Int, fromEnd: Bool) -> Int? {
      let fits = { (range: Range<Int>) in range.count >= length }
      guard let slot = fromEnd ? free.lastIndex(where: fits) : free.firstIndex(where: fits) else {
        return nil
      }
      let range = free[slot]
      let start = fromEnd ? range.upperBound - length : range.lowerBound
      if range.count == length {
        free.remove(at: slot)
      } else {
        free[slot] = fromEnd ? range.lowerBound..<start : (start + length)..<range.upperBound
      }
      return start
    }

    /// Returns a stretch and joins it with its free neighbours.
    mutating func putBack(_ stretch: Range<Int>) {
      var range = stretch
      var slot = free.firstIndex { $0.lowerBound >= range.upperBound } ?? free.count
      if slot < free.count, free[slot].lowerBound == range.upperBound {
        range = range.lowerBound..<free[slot].upperBound
        free.remove(at: slot)
      }
      if slot > 0, free[slot - 1].upperBound == range.lowerBound {
        slot -= 1
        free[slot] = free[slot].lowerBound..<range.upperBound
      } else {
        free.insert(range, at: slot)
      }
    }
  }

  /// Whether this arena only notes what would be taken.
  public let isPlanning: Bool
  public let capacity: Int
  private let reservation: Buffer
  private let state: Mutex<State>

  /// Reserves address space for `capacity` bytes; memory is taken as it's touched.
  public init(capacity: Int) throws {
    let length = (capacity + 4095) & ~4095
    guard let base = mmap(nil, length, PROT_READ | PROT_WRITE, Arena.mappingFlags, -1, 0), base != MAP_FAILED
    else { throw TensorError.outOfMemory(bytes: capacity) }
    #if os(Linux)
      madvise(base, length, MADV_HUGEPAGE)
    #endif
    nonisolated(unsafe) let owned = base
    reservation = Buffer(base: base, byteCount: length) { munmap(owned, length) }
    isPlanning = false
    self.capacity = length
    state = Mutex(State(free: 0..<length))
  }

  private init() {
    // A planning arena's tensors have addresses (so that arithmetic on them works) but no memory.
    let base = UnsafeMutableRawPointer(bitPattern: 64)
    capacity = 1 << 62
    reservation = Buffer(base: base.unsafelyUnwrapped, byteCount: capacity, release: nil)
    isPlanning = true
    state = Mutex(State(free: 0..<capacity))
  }

  /// An arena that only notes what would be taken.
  public static func planning() -> Arena { Arena() }

  /// An arena for inference: as much address space as twice the machine's memory.
  public static func unplanned() throws -> Arena {
    try Arena(capacity: 2 * Int(ProcessInfo.processInfo.physicalMemory))
  }

  /// The most bytes in use at one time so far.
  public var peakBytes: Int { state.withLock { $0.peak } }
  /// The capacity that the tensors so far needed: the peak plus what fragmentation cost.
  public var extentBytes: Int { state.withLock { $0.reach + $0.reachFromEnd } }
  /// What the bytes at the peak were for.
  public var peakUsage: [MemoryPurpose: Int] { state.withLock { $0.usageAtPeak } }
  /// The bytes in use now.
  public var bytesInUse: Int { state.withLock { $0.inUse } }

  /// Takes memory for a tensor; its elements are undefined.
  public func tensor(
    _ name: StaticString, _ shape: Shape, elementType: ElementType = .float32, for purpose: MemoryPurpose
  ) -> Tensor {
    let bytes = elementType.byteCount(elements: shape.count)
    let length = max(64, (bytes + 63) & ~63)
    let offset = state.withLock { state in
      guard let start = state.take(length, fromEnd: purpose == .workspace) else {
        preconditionFailure("the arena of \(capacity) bytes is full: its plan missed \(name)")
      }
      if purpose == .workspace {
        state.reachFromEnd = max(state.reachFromEnd, capacity - start)
      } else {
        state.reach = max(state.reach, start + length)
      }
      state.inUse += length
      state.usage[purpose, default: 0] += length
      if state.inUse > state.peak {
        state.peak = state.inUse
        state.usageAtPeak = state.usage
      }
      return start
    }
    let buffer = Buffer(base: reservation.base + offset, byteCount: bytes) { [self] in
      giveBack(offset..<(offset + length), purpose: purpose)
    }
    return Tensor(buffer, shape: shape, elementType: elementType)
  }

  private func giveBack(_ range: Range<Int>, purpose: MemoryPurpose) {
    state.withLock { state in
      state.inUse -= range.count
      state.usage[purpose, default: 0] -= range.count
      if state.usage[purpose] == 0 { state.usage[purpose] = nil }
      state.putBack(range)
    }
  }

  #if os(Linux)
    private static var mappingFlags: Int32 { Int32(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) }
  #else
    private static var mappingFlags: Int32 { MAP_PRIVATE | MAP_ANON | MAP_NORESERVE }
  #endif
}
