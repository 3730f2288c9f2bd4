import Diagnostics
import Formats
import Foundation
import Tensors
import Testing

@Suite struct GGUFTests {
  private static let values: [(String, GGUFValue)] = [
    ("general.architecture", .string("llama")), ("u8", .uint8(200)), ("i8", .int8(-3)),
    ("u16", .uint16(60000)),
    ("i16", .int16(-300)), ("u32", .uint32(.max)), ("i32", .int32(.min)), ("u64", .uint64(.max)),
    ("i64", .int64(.min)), ("f32", .float32(0.5)), ("f64", .float64(-1e300)), ("yes", .bool(true)),
    ("pieces", .strings(["a", "é", ""])), ("scores", .floats([0, -1.5])), ("types", .integers([1, 3])),
    ("none", .array(of: .string, [])),
    ("nested", .array(of: .array, [.integers([1]), .integers([])])),
  ]

  /// A sound file with a tensor of each of three types.
  private static func write(to path: String, alignment: Int = 32) throws {
    var writer = GGUFWriter(alignment: alignment)
    for (key, value) in values { writer.set(key, to: value) }
    writer.add(OutgoingTensor(name: "a", elementType: .float32, shape: [2, 3], bytes: Array(0..<24)))
    writer.add(OutgoingTensor(name: "b", elementType: .q8_0, shape: [2, 32], bytes: Array(100..<168)))
    writer.add(OutgoingTensor(name: "c", elementType: .bfloat16, shape: [4], bytes: Array(0..<8)))
    try writer.write(to: path)
  }

  @Test(arguments: [8, 32, 64])
  func whatIsWrittenIsRead(alignment: Int) throws {
    try withTemporaryFolder { folder in
      try Self.write(to: "\(folder)/a.gguf", alignment: alignment)
      let file = try GGUFFile(path: "\(folder)/a.gguf")
      #expect(file.version == 3)
      for (key, value) in Self.values { #expect(file.metadata[key] == value) }
      #expect(file.metadataKeys.suffix(Self.values.count) == Self.values.map(\.0)[...])
      #expect(file.tensorNames == ["a", "b", "c"])
      let b = try file.tensor(named: "b")
      #expect(b.shape == [2, 32])
      #expect(b.elementType == .q8_0)
      #expect(b.withBytes(Array.init) == Array(100..<168))
      #expect(b.byteRange.lowerBound % alignment == 0)
    }
  }

  @Test func aMissingTensorIsNamedWithTheNearest() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.gguf"
      var writer = GGUFWriter()
      writer.add(OutgoingTensor(name: "output.weight", elementType: .int8, shape: [1], bytes: [0]))
      try writer.write(to: path)
      let file = try GGUFFile(path: path)
      #expect(
        message { _ = try file.tensor(named: "ouput.weight") }
          == "\(path): there is no tensor ouput.weight; the nearest name is output.weight")
    }
  }

  @Test func everyTruncationIsRefused() throws {
    try withTemporaryFolder { folder in
      try Self.write(to: "\(folder)/a.gguf")
      let bytes = try [UInt8](Data(contentsOf: URL(filePath: "\(folder)/a.gguf")))
      // The last tensor's padding may be missing; nothing else may.
      for length in 0..<bytes.count - 24 {
        try Data(bytes[..<length]).write(to: URL(filePath: "\(folder)/b.gguf"))
        #expect(exitCode { _ = try GGUFFile(path: "\(folder)/b.gguf") } == .badData)
      }
    }
  }

  @Test(arguments: [0x00, 0xFF] as [UInt8])
  func noCorruptedByteCrashesTheReader(replacement: UInt8) throws {
    try withTemporaryFolder { folder in
      try Self.write(to: "\(folder)/a.gguf")
      let bytes = try [UInt8](Data(contentsOf: URL(filePath: "\(folder)/a.gguf")))
      for position in bytes.indices {
        var corrupted = bytes
        corrupted[position] = replacement
        try Data(corrupted).write(to: URL(filePath: "\(folder)/b.gguf"))
        do {
          let file = try GGUFFile(path: "\(folder)/b.gguf")
          // What is accepted can be read to the last byte.
          for tensor in file.tensors.values { #expect(tensor.bytes.count == tensor.byteRange.count) }
        } catch { #expect(error is FormatsError) }
      }
    }
  }

  @Test(arguments: HostileGGUF.cases)
  func hostileFilesAreRefused(_ hostile: HostileGGUF) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.gguf"
      try Data(hostile.bytes).write(to: URL(filePath: path))
      let error = #expect(throws: FormatsError.self) { _ = try GGUFFile(path: path) }
      let text = error?.description.replacingOccurrences(of: path, with: "FILE")
      #expect(text == hostile.message)
      #expect(error?.diagnostics.first?.exitCode == .badData)
    }
  }

  @Test(
    .enabled(if: Shared.has("peers/llamacpp-vocab"), "needs shared/peers/llamacpp-vocab"),
    arguments: [
      ("ggml-vocab-gpt-2.gguf", 50257), ("ggml-vocab-llama-spm.gguf", 32000),
      ("ggml-vocab-qwen2.gguf", 151936),
    ])
  func vocabulariesAreRead(name: String, count: Int) throws {
    let start = ContinuousClock.now
    let file = try GGUFFile(path: Shared.path("peers/llamacpp-vocab/\(name)"))
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(file.metadata["tokenizer.ggml.tokens"]?.strings?.count == count)
    #expect(file.metadata["tokenizer.ggml.token_type"]?.integers?.count == count)
    #expect(file.tensors.isEmpty)
  }
}

/// A file that lies, and what the reader says about it.
struct HostileGGUF: Sendable, CustomTestStringConvertible {
  let bytes: [UInt8]
  let message: String

  var testDescription: String { message }

  private init(_ bytes: [UInt8], _ message: String) {
    self.bytes = bytes
    self.message = message
  }

  static let cases: [HostileGGUF] = [
    .init([], "FILE (byte 0): the file is empty"),
    .init(Array("PK\u{3}\u{4}".utf8), "FILE (byte 0): not a GGUF file (it begins with 50 4b 3 4)"),
    .init(header(version: 1), "FILE (byte 8): GGUF version 1 isn't supported (2 and 3 are)"),
    .init(
      header(version: 0x0300_0000),
      "FILE (byte 8): a big-endian GGUF file, which isn't supported; convert the model again as little-endian"
    ),
    .init(
      header(tensors: 1 << 60),
      "FILE (byte 8): 1152921504606846976 tensors can't fit in a file of this size"),
    .init(
      header(entries: .max),
      "FILE (byte 16): 18446744073709551615 metadata entries can't fit in a file of this size"),
    .init(
      header(entries: 1) + little(UInt64(1) << 40) + zeros(32),
      "FILE (byte 32): the file ends within the key of metadata entry 0; \(partly)"),
    .init(
      header(entries: 1) + text("k") + little(UInt32(13)) + zeros(16),
      "FILE (byte 33): k has the unknown value type 13"),
    .init(
      header(entries: 1) + text("k") + little(UInt32(7)) + [2],
      "FILE (byte 38): k is a bool but has the value 2"),
    .init(
      header(entries: 1) + text("k") + little(UInt32(8)) + little(UInt64(1)) + [0xFF],
      "FILE (byte 45): k is not valid UTF-8"),
    .init(
      header(entries: 1) + text("k") + little(UInt32(9)) + little(UInt32(8)) + little(UInt64(1) << 61),
      "FILE (byte 41): 2305843009213693952 elements of k can't fit in a file of this size"),
    .init(
      header(entries: 1) + text("k") + little(UInt32(9))
        + (0..<9).flatMap { _ in little(UInt32(9)) + little(UInt64(1)) },
      "FILE (byte 85): k has arrays nested too deeply"),
    .init(
      header(entries: 2) + text("k") + little(UInt32(0)) + [1] + text("k") + little(UInt32(0)) + [1],
      "FILE (byte 38): the key k appears twice"),
    .init(
      header(entries: 1) + text("general.alignment") + little(UInt32(4)) + little(UInt32(24)),
      "FILE (byte 57): general.alignment must be a power of two from 8 to 65536, found 24"),
    .init(
      header(entries: 1) + text("split.count") + little(UInt32(2)) + little(UInt16(3)),
      "FILE (byte 49): this is part 1 of a model in 3 files; merge the parts into one file"),
    .init(
      header(tensors: 1) + text("t") + little(UInt32(5)) + zeros(64),
      "FILE (byte 24): the tensor t has 5 dimensions"),
    .init(
      header(tensors: 1) + tensor(type: 23),
      "FILE (byte 24): the tensor t has the type IQ4_XS, which isn't supported; convert the model to F16,"
        + " Q8_0 or one of Q4_0 to Q6_K"),
    .init(
      header(tensors: 1) + tensor(type: 99),
      "FILE (byte 24): the tensor t has the unknown type 99; convert the model to F16, Q8_0 or one of Q4_0 to"
        + " Q6_K"),
    .init(
      header(tensors: 1) + tensor(sizes: [1 << 40, 1 << 40]),
      "FILE (byte 24): the tensor t has the absurd shape [1099511627776, 1099511627776]"),
    .init(
      header(tensors: 1) + tensor(sizes: [.max]),
      "FILE (byte 24): the tensor t has the absurd shape [18446744073709551615]"),
    .init(
      header(tensors: 1) + tensor(type: 8, sizes: [31, 2]),
      "FILE (byte 24): the tensor t of shape [2, 31] is no whole number of q8_0 blocks"),
    .init(
      header(tensors: 1) + tensor(offset: 4) + zeros(64),
      "FILE (byte 24): the tensor t at offset 4 isn't aligned to 32 bytes"),
    .init(
      header(tensors: 1) + tensor(offset: 1 << 40) + zeros(64),
      "FILE (byte 24): the tensor t ends at data byte 1099511627780, but the file has 57; \(partly)"),
    .init(
      header(tensors: 1) + tensor(offset: .max - 31) + zeros(64),
      "FILE (byte 24): the tensor t ends at data byte 18446744073709551588, but the file has 57; \(partly)"),
    .init(
      header(tensors: 2) + tensor() + tensor(offset: 32) + zeros(96),
      "FILE (byte 57): the tensor t appears twice"),
    .init(
      header(tensors: 2) + tensor(sizes: [9]) + tensor("u", offset: 32) + zeros(96),
      "FILE (byte 128): the tensors t and u overlap"),
  ]

  private static let partly = "the file may be only partly downloaded"

  private static func header(
    version: UInt32 = 3, tensors: UInt64 = 0, entries: UInt64 = 0
  ) -> [UInt8] {
    Array("GGUF".utf8) + little(version) + little(tensors) + little(entries)
  }

  private static func tensor(
    _ name: String = "t", type: UInt32 = 0, sizes: [UInt64] = [1], offset: UInt64 = 0
  ) -> [UInt8] {
    text(name) + little(UInt32(sizes.count)) + sizes.flatMap { little($0) } + little(type)
      + little(offset)
  }

  private static func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + text.utf8 }

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
