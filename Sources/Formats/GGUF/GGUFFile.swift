import Foundation
import Tensors

/// A GGUF file (versions 2 and 3, little-endian): metadata, and tensors that stay in the mapped file.
///
/// Everything in the header is checked before it is used: counts and lengths against the size of the file,
/// types, shapes, alignment, and that no two tensors share bytes.
public struct GGUFFile: TensorArchive {
  public let path: String
  /// The version of the format.
  public let version: UInt32
  /// The metadata by key.
  public let metadata: [String: GGUFValue]
  /// The metadata's keys in the order of the file.
  public let metadataKeys: [String]
  /// The tensors by name, with shapes in row-major order: GGUF's own order reversed.
  public let tensors: [String: StoredTensor]
  /// The tensors' names in the order of the file.
  public let tensorNames: [String]

  /// What every GGUF file begins with.
  fileprivate static let magic = Array("GGUF".utf8)

  /// Whether a file begins as a GGUF does, whatever its name is.
  public static func isGGUF(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    return (try? file.read(upToCount: magic.count)).map { Array($0) == magic } ?? false
  }

  /// Opens and checks `path`; the tensors' bytes aren't touched.
  ///
  /// - Throws: `FormatsError` when the file is missing (66) or isn't sound (65).
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let header: Header
    do throws(GGUFReader.Failure) {
      header = try Header(file)
    } catch {
      throw FormatsError.gguf(path: path, byteOffset: error.offset, error.problem)
    }
    self.path = path
    version = header.version
    metadata = header.metadata
    metadataKeys = header.metadataKeys
    tensors = header.tensors
    tensorNames = header.tensorNames
  }
}

/// The parsed front of a file, up to where the tensors' bytes begin.
private struct Header {
  var version: UInt32 = 0
  var metadata: [String: GGUFValue] = [:]
  var metadataKeys: [String] = []
  var tensors: [String: StoredTensor] = [:]
  var tensorNames: [String] = []

  /// The record of one tensor, before it is known where the data section begins.
  private struct Record {
    let name: String
    let elementType: ElementType
    let shape: [Int]
    let byteCount: Int
    let dataOffset: UInt64
    /// Where the record itself stands, for messages.
    let position: Int
  }

  /// The fewest bytes of a key with its value, and of a tensor's record.
  private static let smallestEntry = 13
  private static let smallestRecord = 24
  private static let mostDimensions = 4

  init(_ file: MappedFile) throws(GGUFReader.Failure) {
    var reader = GGUFReader(bytes: file.bytes)
    try readVersion(&reader)
    let tensorCount = try reader.count(of: "tensors", smallestSize: Self.smallestRecord)
    let entryCount = try reader.count(of: "metadata entries", smallestSize: Self.smallestEntry)
    try readMetadata(&reader, count: entryCount)
    let alignment = try alignment(reader)
    var records: [Record] = []
    records.reserveCapacity(tensorCount)
    for index in 0..<tensorCount { records.append(try Self.record(&reader, index: index)) }
    let padding = (alignment - reader.position % alignment) % alignment
    try place(records, alignment: alignment, dataStart: reader.position + padding, file: file)
  }

  private mutating func readVersion(_ reader: inout GGUFReader) throws(GGUFReader.Failure) {
    let magic = Array(reader.bytes.prefix(4))
    guard magic == GGUFFile.magic else { throw reader.failure(.notGGUF(magic: magic)) }
    let _: UInt32 = try reader.integer("the magic number")
    version = try reader.integer("the version")
    if version.byteSwapped == 2 || version.byteSwapped == 3 { throw reader.failure(.bigEndian) }
    guard version == 2 || version == 3 else { throw reader.failure(.unsupportedVersion(version)) }
  }

  private mutating func readMetadata(
    _ reader: inout GGUFReader, count: Int
  ) throws(GGUFReader.Failure) {
    for index in 0..<count {
      let start = reader.position
      let key = try reader.string("the key of metadata entry \(index)")
      let value = try reader.value(key: key)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw GGUFReader.Failure(problem: .duplicateKey(key), offset: start)
      }
      metadataKeys.append(key)
    }
    if let parts = metadata["split.count"]?.intValue, parts > 1 {
      let number = (metadata["split.no"]?.intValue ?? 0) + 1
      throw reader.failure(.part(number: number, of: parts))
    }
  }

  private func alignment(_ reader: GGUFReader) throws(GGUFReader.Failure) -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard let alignment = value.intValue, (8...65536).contains(alignment), alignment.nonzeroBitCount == 1
    else {
      let found = value.intValue.map(String.init) ?? "another type"
      throw reader.failure(.invalidAlignment(found))
    }
    return alignment
  }

  private static func record(
    _ reader: inout GGUFReader, index: Int
  ) throws(GGUFReader.Failure) -> Record {
    let start = reader.position
    func fail(_ problem: GGUFProblem) -> GGUFReader.Failure { .init(problem: problem, offset: start) }
    let name = try reader.string("the name of tensor \(index)")
    let dimensions: UInt32 = try reader.integer("the tensor \(name)")
    guard dimensions <= mostDimensions else { throw fail(.tooManyDimensions(tensor: name, dimensions)) }
    var sizes: [UInt64] = []
    for _ in 0..<dimensions { sizes.append(try reader.integer("the shape of \(name)")) }
    let typeNumber: UInt32 = try reader.integer("the type of \(name)")
    guard let elementType = GGUFTensorType.elementTypes[typeNumber] else {
      throw fail(.unsupportedTensorType(tensor: name, typeNumber))
    }
    let offset: UInt64 = try reader.integer("the offset of \(name)")
    let shape = sizes.reversed().compactMap { Int(exactly: $0) }
    guard shape.count == sizes.count, ElementType.uint8.byteCount(shape: shape) != nil else {
      throw fail(.invalidShape(tensor: name, sizes))
    }
    guard let byteCount = elementType.byteCount(shape: shape) else {
      throw fail(.partialBlocks(tensor: name, shape, elementType))
    }
    return Record(
      name: name, elementType: elementType, shape: shape, byteCount: byteCount, dataOffset: offset,
      position: start)
  }

  /// Turns records into tensors of `file`, once each of them is known to lie within it.
  private mutating func place(
    _ records: [Record], alignment: Int, dataStart: Int, file: MappedFile
  ) throws(GGUFReader.Failure) {
    let available = max(0, file.bytes.count - dataStart)
    for record in records {
      func fail(_ problem: GGUFProblem) -> GGUFReader.Failure {
        .init(problem: problem, offset: record.position)
      }
      guard record.dataOffset % UInt64(alignment) == 0 else {
        throw fail(.misalignedTensor(record.name, offset: record.dataOffset, alignment: alignment))
      }
      let (end, overflow) = record.dataOffset.addingReportingOverflow(UInt64(record.byteCount))
      guard !overflow, end <= UInt64(available) else {
        throw fail(
          .tensorBeyondFile(record.name, end: overflow ? .max : end, available: available))
      }
      let start = dataStart + Int(record.dataOffset)
      let tensor = StoredTensor(
        name: record.name, elementType: record.elementType, shape: record.shape, file: file,
        byteRange: start..<start + record.byteCount)
      guard tensors.updateValue(tensor, forKey: record.name) == nil else {
        throw fail(.duplicateTensor(record.name))
      }
      tensorNames.append(record.name)
    }
    if let (first, second) = tensors.values.firstOverlap() {
      throw GGUFReader.Failure(
        problem: .overlappingTensors(first.name, second.name), offset: second.byteRange.lowerBound)
    }
  }
}
