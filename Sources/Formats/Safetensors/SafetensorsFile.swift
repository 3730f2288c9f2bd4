import Tensors

/// A safetensors file: tensors that stay in the mapped file, and a table of texts about them.
///
/// As the format demands, the tensors must fill the file without overlaps and without holes.
public struct SafetensorsFile: TensorArchive {
  public let path: String
  /// The tensors by name.
  public let tensors: [String: StoredTensor]
  /// The file's `__metadata__`.
  public let metadata: [String: String]

  /// Opens and checks `path`; the tensors' bytes aren't touched.
  ///
  /// - Throws: `FormatsError` when the file is missing (66) or isn't sound (65).
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let header = try SafetensorsHeader(file)
    self.path = path
    tensors = header.tensors
    metadata = header.metadata
  }
}

/// The names under which safetensors knows the element types.
enum SafetensorsType {
  static let elementTypes: [String: ElementType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
    "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
  ]

  /// The name of `elementType`; nil for the types that safetensors hasn't.
  static func name(of elementType: ElementType) -> String? {
    elementTypes.first { $0.value == elementType }?.key
  }
}

/// The parsed header: eight bytes of length, then JSON.
private struct SafetensorsHeader {
  private(set) var tensors: [String: StoredTensor] = [:]
  private(set) var metadata: [String: String] = [:]
  private let file: MappedFile
  private let dataStart: Int

  private static let lengthSize = 8

  init(_ file: MappedFile) throws {
    self.file = file
    guard file.bytes.count >= Self.lengthSize else {
      throw Self.error(file, .truncated(size: file.bytes.count))
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    let available = file.bytes.count - Self.lengthSize
    guard length <= UInt64(available) else {
      throw Self.error(file, .headerTooLong(length, available: available))
    }
    dataStart = Self.lengthSize + Int(length)
    let text = UnsafeRawBufferPointer(rebasing: file.bytes[Self.lengthSize..<dataStart])
    let json = try JSON.parse(text, source: file.path, duplicateKeys: .refuse)
    guard let entries = json.objectValue else { throw Self.error(file, .headerIsNoObject) }
    for (name, entry) in entries {
      if name == "__metadata__" {
        metadata = try metadata(entry)
      } else {
        tensors[name] = try tensor(name, entry)
      }
    }
    try checkCoverage()
  }

  private static func error(_ file: MappedFile, _ problem: SafetensorsProblem) -> FormatsError {
    .safetensors(path: file.path, problem)
  }

  private func metadata(_ json: JSON) throws -> [String: String] {
    var metadata: [String: String] = [:]
    guard let members = json.objectValue else { throw Self.error(file, .invalidMetadata) }
    for (key, value) in members {
      guard let text = value.stringValue else { throw Self.error(file, .invalidMetadata) }
      metadata[key] = text
    }
    return metadata
  }

  private func tensor(_ name: String, _ entry: JSON) throws -> StoredTensor {
    guard let typeName = entry["dtype"]?.stringValue else {
      throw Self.error(file, .invalidEntry(tensor: name, missing: "dtype"))
    }
    guard let elementType = SafetensorsType.elementTypes[typeName] else {
      throw Self.error(file, .unsupportedType(tensor: name, typeName))
    }
    guard let shape = Self.sizes(entry["shape"]) else {
      throw Self.error(file, .invalidEntry(tensor: name, missing: "shape"))
    }
    guard let offsets = Self.sizes(entry["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1] else {
      throw Self.error(file, .invalidEntry(tensor: name, missing: "data_offsets"))
    }
    guard let byteCount = elementType.byteCount(shape: shape) else {
      throw Self.error(file, .invalidShape(tensor: name, shape))
    }
    let available = file.bytes.count - dataStart
    guard offsets[1] <= available else {
      throw Self.error(file, .beyondFile(tensor: name, end: offsets[1], available: available))
    }
    guard offsets[1] - offsets[0] == byteCount else {
      throw Self.error(
        file, .wrongSize(tensor: name, expected: byteCount, found: offsets[1] - offsets[0]))
    }
    return StoredTensor(
      name: name, elementType: elementType, shape: shape, file: file,
      byteRange: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// An array of integers that aren't negative.
  private static func sizes(_ json: JSON?) -> [Int]? {
    guard let elements = json?.arrayValue else { return nil }
    let sizes = elements.compactMap { element -> Int? in
      guard case .integer(let size) = element, size >= 0 else { return nil }
      return size
    }
    return sizes.count == elements.count ? sizes : nil
  }

  /// Every byte after the header belongs to exactly one tensor.
  private func checkCoverage() throws {
    if let (first, second) = tensors.values.firstOverlap() {
      throw Self.error(file, .overlappingTensors(first.name, second.name))
    }
    var end = dataStart
    for range in tensors.values.map(\.byteRange).filter({ !$0.isEmpty }).sorted(by: {
      $0.lowerBound < $1.lowerBound
    }) + [file.bytes.count..<file.bytes.count] {
      guard range.lowerBound == end else {
        throw Self.error(file, .unclaimedBytes(end - dataStart..<range.lowerBound - dataStart))
      }
      end = range.upperBound
    }
  }
}
