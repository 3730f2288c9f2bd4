import Foundation
import Testing

/// The bytes of a small GGUF file, right or wrong.
private struct GGUFBytes {
  var data = Data("GGUF".utf8)

  init(version: UInt32 = 3, tensors: UInt64, metadata: UInt64) {
    append(version)
    append(tensors)
    append(metadata)
  }

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    data.append(contentsOf: text.utf8)
  }

  /// A float32 matrix of two dimensions whose bytes begin at `offset` of the data.
  mutating func appendTensor(_ name: String, dimensions: [UInt64] = [4, 4], offset: UInt64) {
    append(name)
    append(UInt32(dimensions.count))
    for dimension in dimensions { append(dimension) }
    append(UInt32(0))
    append(offset)
  }

  mutating func appendData(count: Int) {
    data.append(Data(count: (32 - data.count % 32) % 32 + count))
  }
}

@Suite("GGUF files that lie")
struct DamagedGGUFTests {
  private static let string: UInt32 = 8
  private static let array: UInt32 = 9

  private static let damages: [(name: String, bytes: GGUFBytes)] = {
    var magic = GGUFBytes(tensors: 0, metadata: 0)
    magic.data[0] = 0x58
    var cut = GGUFBytes(tensors: 0, metadata: 0)
    cut.data = cut.data.prefix(10)
    var longKey = GGUFBytes(tensors: 0, metadata: 1)
    longKey.append(UInt64.max)
    longKey.data.append(Data(count: 64))
    var longString = GGUFBytes(tensors: 0, metadata: 1)
    longString.append("general.architecture")
    longString.append(string)
    longString.append(UInt64(1) << 40)
    longString.data.append(Data(count: 64))
    var longArray = GGUFBytes(tensors: 0, metadata: 1)
    longArray.append("tokenizer.ggml.tokens")
    longArray.append(array)
    longArray.append(string)
    longArray.append(UInt64.max / 2)
    longArray.data.append(Data(count: 64))
    var kind = GGUFBytes(tensors: 0, metadata: 1)
    kind.append("general.architecture")
    kind.append(UInt32(99))
    kind.data.append(Data(count: 64))
    var overlap = GGUFBytes(tensors: 2, metadata: 0)
    overlap.appendTensor("one", offset: 0)
    overlap.appendTensor("two", offset: 32)
    overlap.appendData(count: 256)
    var beyond = GGUFBytes(tensors: 1, metadata: 0)
    beyond.appendTensor("one", offset: 1 << 50)
    beyond.appendData(count: 64)
    var overflow = GGUFBytes(tensors: 1, metadata: 0)
    overflow.appendTensor("one", dimensions: [1 << 40, 1 << 40], offset: 0)
    overflow.appendData(count: 64)
    var dimensions = GGUFBytes(tensors: 1, metadata: 0)
    dimensions.append("one")
    dimensions.append(UInt32.max)
    dimensions.data.append(Data(count: 64))
    return [
      ("another magic", magic), ("cut in the header", cut), ("a key without end", longKey),
      ("a string beyond the file", longString), ("an array beyond the file", longArray),
      ("a type that isn't known", kind), ("overlapping tensors", overlap),
      ("a tensor beyond the file", beyond), ("a size that overflows", overflow),
      ("four billion dimensions", dimensions),
      ("another version", GGUFBytes(version: 99, tensors: 0, metadata: 0)),
      ("too many tensors", GGUFBytes(tensors: .max, metadata: 0)),
      ("too many values", GGUFBytes(tensors: 0, metadata: .max)),
      ("nothing in it", GGUFBytes(tensors: 0, metadata: 0)),
    ]
  }()

  @Test("each is refused with its name", arguments: damages.map(\.name))
  func refused(name: String) throws {
    let folder = try TemporaryFolder()
    let bytes = try #require(Self.damages.first { $0.name == name }).bytes
    let path = try folder.write(bytes.data, to: "model.gguf")
    try expectRefusal(["inspect", path], status: 65, says: path)
  }
}
