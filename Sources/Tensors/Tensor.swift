/// Memory that a tensor's elements lie in; freed, or returned to its arena, with the last reference to it.
///
/// Sendable because it only owns memory: who writes when is settled by the thread pool, whose tiles never overlap.
public final class Buffer: @unchecked Sendable {
  /// The first byte, aligned to 64 bytes (mapped files: as the file has it).
  ///
  /// Never read while planning.
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  private let release: (@Sendable () -> Void)?

  /// Wraps memory that somebody else owns; `release` runs with the last reference.
  public init(base: UnsafeMutableRawPointer, byteCount: Int, release: (@Sendable () -> Void)?) {
    self.base = base
    self.byteCount = byteCount
    self.release = release
  }

  /// Allocates zero-filled memory on the heap.
  public convenience init(zeroed byteCount: Int) {
    let base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
    nonisolated(unsafe) let owned = base
    self.init(base: base, byteCount: byteCount) { owned.deallocate() }
  }

  deinit { release?() }
}

/// A contiguous, row-major array of numbers: a shape over a stretch of a buffer.
///
/// A value that shares its memory: copies see each other's writes.
public struct Tensor: Sendable {
  public let buffer: Buffer
  public let byteOffset: Int
  public let shape: Shape
  public let elementType: ElementType

  public init(_ buffer: Buffer, byteOffset: Int = 0, shape: Shape, elementType: ElementType = .float32) {
    precondition(byteOffset + elementType.byteCount(elements: shape.count) <= buffer.byteCount)
    self.buffer = buffer
    self.byteOffset = byteOffset
    self.shape = shape
    self.elementType = elementType
  }

  /// A tensor of zeros on the heap, for weights and results that outlive a step.
  public init(zeros shape: Shape, elementType: ElementType = .float32) {
    self.init(
      Buffer(zeroed: elementType.byteCount(elements: shape.count)), shape: shape, elementType: elementType)
  }

  /// A float32 tensor on the heap with these elements in row-major order.
  public init(_ elements: [Float], shape: Shape) {
    precondition(elements.count == shape.count)
    self.init(zeros: shape)
    floats.update(from: elements, count: elements.count)
  }

  public var count: Int { shape.count }
  public var rows: Int { shape.rows }
  public var columns: Int { shape.columns }
  public var byteCount: Int { elementType.byteCount(elements: shape.count) }
  /// The bytes of one row.
  public var rowBytes: Int { elementType.byteCount(elements: shape.columns) }
  /// The first byte.
  public var bytes: UnsafeMutableRawPointer { buffer.base + byteOffset }

  /// The elements of a float32 tensor.
  public var floats: UnsafeMutablePointer<Float> {
    precondition(elementType == .float32)
    return bytes.assumingMemoryBound(to: Float.self)
  }

  /// The elements of a float32 tensor, copied.
  public var array: [Float] { Array(UnsafeBufferPointer(start: floats, count: count)) }

  /// The rows of that range (outer extents flattened), sharing this tensor's memory.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    return Tensor(
      buffer, byteOffset: byteOffset + range.lowerBound * rowBytes, shape: [range.count, columns],
      elementType: elementType)
  }

  /// The same elements under another shape.
  public func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.count == count)
    return Tensor(buffer, byteOffset: byteOffset, shape: shape, elementType: elementType)
  }
}
