import CKernels
import Synchronization
import Tensors

/// What nothing on this machine can exceed, measured: the yardstick of every share.
public struct MachineLimits: Sendable, Hashable {
  /// Floating-point operations a second in registers, all threads together.
  public let registerRate: Double
  /// Floating-point operations a second of the engine's product of large square matrices.
  public let multiplyRate: Double
  /// Bytes a second that all threads together read from memory.
  public let readRate: Double

  /// Each limit is the best of so many tries, for a limit is what can be reached.
  private static let tries = 5

  /// Measures all of them; some seconds.
  ///
  /// - Parameters:
  ///   - extent: The rows and columns of the matrices: large enough that nothing but the product counts.
  ///   - readBytes: How much memory is read: far more than any cache holds; a multiple of 32 KiB.
  public static func measure(
    with compute: Compute, extent: Int = 2048, readBytes: Int = 1 << 30
  ) -> MachineLimits {
    MachineLimits(
      registerRate: registerRate(compute), multiplyRate: multiplyRate(compute, extent),
      readRate: readRate(compute, readBytes))
  }

  private static func registerRate(_ compute: Compute) -> Double {
    let isHalf = compute.engine.precision == .bf16 && trimtab_work_bfloat16(1) > 0
    let rounds = 1_000_000
    return best {
      let operations = Mutex(0.0)
      let seconds = Stopwatch.seconds {
        compute.pool.forEachTile(16 * compute.pool.threads) { _ in
          let done = isHalf ? trimtab_work_bfloat16(rounds) : trimtab_work_float32(rounds)
          operations.withLock { $0 += done }
        }
      }
      return operations.withLock { $0 } / seconds
    }
  }

  private static func multiplyRate(_ compute: Compute, _ extent: Int) -> Double {
    let type: ElementType = compute.engine.precision == .bf16 ? .bfloat16 : .float32
    let left = RandomWeights.matrix([extent, extent], as: .float32)
    let right = RandomWeights.matrix([extent, extent], as: type)
    let product = Tensor(zeros: [extent, extent])
    return best {
      let seconds = Stopwatch.seconds {
        compute.engine.multiply(left, transposed: right, into: product, adding: false, with: compute)
      }
      return 2 * Double(extent * extent * extent) / seconds
    }
  }

  private static func readRate(_ compute: Compute, _ readBytes: Int) -> Double {
    // Written first: pages that never were all show the same zeros, out of the cache.
    let memory = Tensor(zeros: [readBytes], elementType: .uint8)
    memory.bytes.initializeMemory(as: UInt8.self, repeating: 1, count: readBytes)
    let stretch = readBytes / 64
    let unread = Mutex(UInt64(0))
    let rate = best {
      let seconds = Stopwatch.seconds {
        compute.pool.forEachTile(64) { tile in
          let words = trimtab_read_memory(memory.bytes + tile * stretch, stretch)
          unread.withLock { $0 ^= words }
        }
      }
      return Double(readBytes) / seconds
    }
    precondition(unread.withLock { $0 } == 0, "what was read isn't what was written")
    return rate
  }

  private static func best(_ measure: () -> Double) -> Double {
    (0..<tries).map { _ in measure() }.max() ?? 0
  }
}
