import Synchronization

/// Memory that tiles borrow while they run: as many stretches as were ever borrowed at once, kept for the next.
final class Scratch: Sendable {
  private let idle = Mutex<[Buffer]>([])

  /// Runs `body` with at least `count` elements of undefined content, aligned to 64 bytes.
  func withElements<Element>(
    _ count: Int, of type: Element.Type, _ body: (UnsafeMutablePointer<Element>) -> Void
  ) {
    let bytes = count * MemoryLayout<Element>.stride
    let found = idle.withLock { idle in
      idle.lastIndex { $0.byteCount >= bytes }.map { idle.remove(at: $0) } ?? idle.popLast()
    }
    // One that is too small is replaced, so that no more are kept than are needed at once.
    let buffer = found.flatMap { $0.byteCount >= bytes ? $0 : nil } ?? Buffer(zeroed: bytes)
    body(buffer.base.assumingMemoryBound(to: type))
    idle.withLock { $0.append(buffer) }
  }
}
