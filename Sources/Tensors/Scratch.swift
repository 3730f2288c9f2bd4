import Synchronization

/// Memory that tiles borrow while they run: as many stretches as threads ever ran at once, kept for the next.
final class Scratch: Sendable {
  private let idle = Mutex<[Buffer]>([])

  /// Runs `body` with at least `count` floats of undefined content, aligned to 64 bytes.
  func withFloats(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let bytes = count * MemoryLayout<Float>.stride
    let found = idle.withLock { idle in
      idle.lastIndex { $0.byteCount >= bytes }.map { idle.remove(at: $0) } ?? idle.popLast()
    }
    // One that is too small is replaced, so that there are never more than threads.
    let buffer = found.flatMap { $0.byteCount >= bytes ? $0 : nil } ?? Buffer(zeroed: bytes)
    body(buffer.base.assumingMemoryBound(to: Float.self))
    idle.withLock { $0.append(buffer) }
  }
}
