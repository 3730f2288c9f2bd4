import Tensors

/// A tensor on its way into a file: what it is, and how to come by its bytes when their turn comes.
///
/// The bytes are asked for one tensor at a time and may come in pieces, so that a model needn't be in memory in
/// the form in which it is stored.
public struct OutgoingTensor {
  /// Where the bytes go; call it as often as there are pieces.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  /// The name in the file.
  public let name: String
  /// How the elements are stored.
  public let elementType: ElementType
  /// The sizes in row-major order.
  public let shape: [Int]
  let emit: (Sink) throws -> Void

  /// A tensor whose bytes, little-endian and `byteCount` in all, `emit` hands to its argument.
  ///
  /// - Precondition: the last dimension is a whole number of the type's blocks.
  public init(
    name: String, elementType: ElementType, shape: [Int], emit: @escaping (Sink) throws -> Void
  ) {
    precondition(elementType.byteCount(shape: shape) != nil, "\(name) can't have the shape \(shape)")
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.emit = emit
  }

  /// A tensor with these bytes.
  public init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    self.init(name: name, elementType: elementType, shape: shape) { sink in
      try bytes.withUnsafeBytes { try sink($0) }
    }
  }

  /// A tensor copied from another file, under its own name or a new one.
  public init(_ tensor: StoredTensor, name: String? = nil) {
    self.init(name: name ?? tensor.name, elementType: tensor.elementType, shape: tensor.shape) {
      try tensor.withBytes($0)
    }
  }

  /// The size of the content in bytes.
  public var byteCount: Int { elementType.byteCount(shape: shape) ?? 0 }

  /// Hands the content to `writer`.
  func write(to writer: borrowing FileWriter) throws {
    var written = 0
    try emit { bytes in
      written += bytes.count
      try writer.write(bytes)
    }
    precondition(written == byteCount, "\(name) has \(byteCount) bytes, \(written) were written")
  }
}
