import Diagnostics
import Tensors

/// A tensor in a mapped file: its name, type and shape, and where its bytes lie.
///
/// It keeps the file mapped. `bytes` of a temporary don't outlive it: use `withBytes` there.
public struct StoredTensor: Sendable {
  /// The name in the file.
  public let name: String
  /// How the elements are stored.
  public let elementType: ElementType
  /// The sizes in row-major order: `[rows, columns]` for a matrix, the last one contiguous.
  public let shape: [Int]
  /// The file that holds the bytes.
  public let file: MappedFile
  /// Where the bytes lie in the file.
  public let byteRange: Range<Int>

  /// The elements, little-endian, unaligned where the file has them so; valid while this value or `file` is kept.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[byteRange]) }

  /// Runs `body` on the elements' bytes, which stay mapped meanwhile.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(file) { try body(bytes) }
  }

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
}

/// Something that holds tensors by name: a safetensors file or folder, a GGUF file.
public protocol TensorArchive: Sendable {
  /// The path as it was given, for messages.
  var path: String { get }
  /// The tensors by name.
  var tensors: [String: StoredTensor] { get }
}

extension TensorArchive {
  /// The tensor called `name`.
  ///
  /// - Throws: `FormatsError.noSuchTensor`, which suggests the nearest name.
  public func tensor(named name: String) throws -> StoredTensor {
    if let tensor = tensors[name] { return tensor }
    throw FormatsError.noSuchTensor(path: path, name: name, nearest: nearest(to: name, among: tensors.keys))
  }

  /// The bytes of one of this archive's tensors; valid while the archive or the tensor lives.
  public func bytes(of tensor: StoredTensor) -> UnsafeRawBufferPointer { tensor.bytes }
}

extension Sequence<StoredTensor> {
  /// The first two tensors, by position in the file, that share bytes.
  func firstOverlap() -> (first: StoredTensor, second: StoredTensor)? {
    let sorted = filter { !$0.byteRange.isEmpty }.sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where first.byteRange.overlaps(second.byteRange) {
      return (first, second)
    }
    return nil
  }
}
