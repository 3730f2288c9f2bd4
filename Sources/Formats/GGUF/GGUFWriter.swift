import Tensors

/// Writes GGUF files, version 3.
public struct GGUFWriter {
  private var metadata: [(key: String, value: GGUFValue)] = []
  private var tensors: [OutgoingTensor] = []
  private let alignment: Int

  /// A writer whose tensors begin at multiples of `alignment` bytes, a power of two from 8.
  public init(alignment: Int = 32) {
    precondition(alignment >= 8 && alignment.nonzeroBitCount == 1)
    self.alignment = alignment
    if alignment != 32 { metadata.append(("general.alignment", .uint32(UInt32(alignment)))) }
  }

  /// Adds a metadata entry, or replaces the value of an existing key.
  public mutating func set(_ key: String, to value: GGUFValue) {
    if let index = metadata.firstIndex(where: { $0.key == key }) {
      metadata[index].value = value
    } else {
      metadata.append((key, value))
    }
  }

  /// Adds a tensor; the file has them in the order of these calls.
  ///
  /// - Precondition: GGUF has the element type, and there are at most four dimensions.
  public mutating func add(_ tensor: OutgoingTensor) {
    precondition(Self.canStore(tensor.elementType) && tensor.shape.count <= 4)
    tensors.append(tensor)
  }

  /// Whether GGUF has this element type.
  public static func canStore(_ elementType: ElementType) -> Bool {
    GGUFTensorType.number(of: elementType) != nil
  }

  /// Writes the file, which appears at `path` only when it is whole.
  public func write(to path: String) throws {
    try AtomicFile.write(to: path) { file in
      var header = header
      header += padding(after: header.count)
      try file.write(header)
      for tensor in tensors {
        try tensor.write(to: file)
        try file.write(padding(after: tensor.byteCount))
      }
    }
  }

  private var header: [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.append(integer: UInt32(3))
    bytes.append(integer: UInt64(tensors.count))
    bytes.append(integer: UInt64(metadata.count))
    for entry in metadata {
      bytes.append(string: entry.key)
      bytes.append(integer: entry.value.type.rawValue)
      bytes.append(content: entry.value)
    }
    var offset = 0
    for tensor in tensors {
      bytes.append(string: tensor.name)
      bytes.append(integer: UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { bytes.append(integer: UInt64(size)) }
      bytes.append(integer: GGUFTensorType.number(of: tensor.elementType) ?? 0)
      bytes.append(integer: UInt64(offset))
      offset += tensor.byteCount + padding(after: tensor.byteCount).count
    }
    return bytes
  }

  private func padding(after count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
  }
}

extension [UInt8] {
  fileprivate mutating func append(integer value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(string text: String) {
    append(integer: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  fileprivate mutating func append(content value: GGUFValue) {
    switch value {
    case .uint8(let value): append(value)
    case .int8(let value): append(integer: value)
    case .uint16(let value): append(integer: value)
    case .int16(let value): append(integer: value)
    case .uint32(let value): append(integer: value)
    case .int32(let value): append(integer: value)
    case .uint64(let value): append(integer: value)
    case .int64(let value): append(integer: value)
    case .float32(let value): append(integer: value.bitPattern)
    case .float64(let value): append(integer: value.bitPattern)
    case .bool(let value): append(value ? 1 : 0)
    case .string(let value): append(string: value)
    case .array(let type, let elements):
      append(integer: type.rawValue)
      append(integer: UInt64(elements.count))
      for element in elements {
        precondition(element.type == type, "an array of \(type) can't hold a \(element.type)")
        append(content: element)
      }
    }
  }
}
