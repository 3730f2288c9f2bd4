import Diagnostics
import Formats
import Foundation
import Tensors
import Testing

@Suite struct SafetensorsTests {
  private static var tensors: [OutgoingTensor] {
    [
      OutgoingTensor(name: "half", elementType: .bfloat16, shape: [3], bytes: Array(0..<6)),
      OutgoingTensor(name: "flag", elementType: .bool, shape: [1], bytes: [1]),
      OutgoingTensor(name: "matrix", elementType: .float32, shape: [2, 2], bytes: Array(10..<26)),
      OutgoingTensor(name: "scalar", elementType: .float64, shape: [], bytes: Array(0..<8)),
      OutgoingTensor(name: "empty", elementType: .float32, shape: [0, 4], bytes: []),
    ]
  }

  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      try SafetensorsWriter.write(Self.tensors, metadata: ["format": "pt", "a": "é"], to: path)
      let file = try SafetensorsFile(path: path)
      #expect(file.metadata == ["format": "pt", "a": "é"])
      #expect(file.tensors.count == 5)
      let matrix = try file.tensor(named: "matrix")
      #expect(matrix.shape == [2, 2])
      #expect(matrix.elementType == .float32)
      #expect(matrix.withBytes(Array.init) == Array(10..<26))
      #expect(try file.tensor(named: "scalar").shape == [])
      #expect(try file.tensor(named: "empty").bytes.isEmpty)
      for tensor in file.tensors.values {
        #expect(tensor.byteRange.lowerBound % tensor.elementType.blockBytes == 0)
      }
    }
  }

  @Test func largeWeightsAreSharded() throws {
    try withTemporaryFolder { folder in
      try SafetensorsWriter.writeFolder(Self.tensors, to: folder)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.safetensors"])
      try SafetensorsWriter.writeFolder(Self.tensors, to: folder, shardLimit: 16)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(
        names == [
          "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
          "model-00003-of-00003.safetensors", "model.safetensors.index.json",
        ])
      let sharded = try SafetensorsFolder(path: folder)
      #expect(sharded.metadata == ["format": "pt"])
      for tensor in Self.tensors {
        let stored = try sharded.tensor(named: tensor.name)
        #expect(stored.shape == tensor.shape)
        #expect(stored.bytes.count == tensor.byteCount)
      }
      #expect(try sharded.tensor(named: "half").withBytes(Array.init) == Array(0..<6))
      try SafetensorsWriter.writeFolder(Self.tensors, to: folder)
      #expect(try SafetensorsFolder(path: folder).tensors.count == 5)
      let index = "\(folder)/model.safetensors.index.json"
      #expect(!FileManager.default.fileExists(atPath: index))
    }
  }

  @Test(arguments: [
    (#"{"weight_map":{"a":"../b.safetensors"}}"#, #"names the file "../b.safetensors", which is not in"#),
    (#"{"weight_map":{"a":"/etc/passwd"}}"#, #"names the file "/etc/passwd", which is not in its folder"#),
    (#"{"weight_map":{"a":".."}}"#, #"names the file "..", which is not in its folder"#),
    (#"{"weight_map":{"a":3}}"#, "the index has no weight_map of tensor names to file names"),
    ("{}", "the index has no weight_map of tensor names to file names"),
    (#"{"weight_map":{"a":"s.safetensors"}}"#, "places a in s.safetensors, which hasn't it"),
    (#"{"weight_map":{"a":"none.safetensors"}}"#, "none.safetensors: no such file or folder"),
    ("{", "model.safetensors.index.json:1:2: expected a key in quotes"),
  ])
  func hostileIndexesAreRefused(index: String, expected: String) throws {
    try withTemporaryFolder { folder in
      try SafetensorsWriter.write(Self.tensors, to: "\(folder)/s.safetensors")
      try AtomicFile.write(index, to: "\(folder)/model.safetensors.index.json")
      let problem = message { _ = try SafetensorsFolder(path: folder) }
      #expect(problem?.contains(expected) == true, "\(problem ?? "accepted")")
    }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}}"#, "the key \"a\" appears twice"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, "the tensor a has no valid dtype"),
    (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, "has the unsupported type F8_E4M3;"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "the tensor a has no valid shape"),
    (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, "the tensor a has no valid shape"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "the tensor a has no valid data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "the tensor a has no valid data_offsets"),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
      "the tensor a has the absurd shape [4611686018427387904, 4]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
      "the tensor a takes 12 bytes by its type and shape, its offsets give it 8"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
      "the tensor a ends at data byte 16, but the file has 8; the file may be only partly downloaded"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
      "the tensors a and b overlap"
    ),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, "data bytes 4 to 8 belong to no tensor"),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, "data bytes 0 to 4 belong to no tensor"),
    ("{}", "data bytes 0 to 8 belong to no tensor"),
    ("[]", "the header is no JSON object"),
    (#"{"__metadata__":{"a":1}}"#, "__metadata__ must be an object of strings"),
    ("{\"a\":", ":1:6: expected a value, found the end of the text"),
  ])
  func hostileHeadersAreRefused(header: String, expected: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
      try Data(length + header.utf8 + [UInt8](repeating: 0, count: 8)).write(to: URL(filePath: path))
      let problem = message { _ = try SafetensorsFile(path: path) }
      #expect(problem?.contains(expected) == true, "\(problem ?? "accepted")")
      #expect(exitCode { _ = try SafetensorsFile(path: path) } == .badData)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    try withTemporaryFolder { folder in
      try SafetensorsWriter.write(Self.tensors, to: "\(folder)/a.safetensors")
      let bytes = try Data(contentsOf: URL(filePath: "\(folder)/a.safetensors"))
      let path = "\(folder)/b.safetensors"
      for length in 0..<bytes.count {
        try bytes.prefix(length).write(to: URL(filePath: path))
        #expect(exitCode { _ = try SafetensorsFile(path: path) } == .badData)
      }
      let absurd = withUnsafeBytes(of: UInt64.max) { Data($0) } + bytes.dropFirst(8)
      try absurd.write(to: URL(filePath: path))
      #expect(
        message { _ = try SafetensorsFile(path: path) }
          == "\(path): the header claims 18446744073709551615 bytes, the file has \(bytes.count - 8) after"
          + " its length; the file may be only partly downloaded")
    }
  }

  @Test(
    .enabled(if: Shared.has("peers/swift-transformers"), "needs shared/peers/swift-transformers"),
    arguments: [
      ("tensor-1d-int32", ElementType.int32, [3], [1, 0, 0, 0]),
      ("tensor-2d-float64", .float64, [2, 3], [0, 0, 0, 0]),
      ("tensor-3d-float32", .float32, [2, 2, 3], [0, 0, 0xB0, 0x41]),
      ("tensor-4d-float32", .float32, [2, 3, 1, 3], [0, 0, 0x30, 0x41]),
    ] as [(String, ElementType, [Int], [UInt8])])
  func smallPeersAreRead(name: String, type: ElementType, shape: [Int], start: [UInt8]) throws {
    let file = try SafetensorsFile(path: Shared.path("peers/swift-transformers/\(name).safetensors"))
    let tensor = try file.tensor(named: "embedding")
    #expect(tensor.elementType == type)
    #expect(tensor.shape == shape)
    #expect(tensor.withBytes { Array($0.prefix(4)) } == start)
  }

  @Test(.enabled(if: Shared.has("peers/tiny-llama-safetensors"), "needs shared/peers/tiny-llama-safetensors"))
  func aModelIsReadAndCopied() throws {
    let original = try SafetensorsFolder(path: Shared.path("peers/tiny-llama-safetensors"))
    let embedding = try original.tensor(named: "model.embed_tokens.weight")
    #expect(embedding.elementType == .bfloat16)
    #expect(embedding.shape.last == 128)
    try withTemporaryFolder { folder in
      let sorted = original.tensors.values.sorted { $0.name < $1.name }
      try SafetensorsWriter.writeFolder(sorted.map { OutgoingTensor($0) }, to: folder, shardLimit: 500_000)
      let copy = try SafetensorsFolder(path: folder)
      #expect(copy.tensors.count == original.tensors.count)
      for tensor in sorted {
        let bytes = try copy.tensor(named: tensor.name).withBytes(Array.init)
        #expect(bytes == tensor.withBytes(Array.init))
      }
    }
  }

  #if os(Linux)
    /// Eight kibibytes may be written, the tensor has a mebibyte: as on a full disk, but for one process.
    @Test func aFullDiskLeavesNothingBehind() async throws {
      await #expect(processExitsWith: .exitCode(0)) {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 8192, rlim_max: 8192)
        let folder = NSTemporaryDirectory() + "trimtab-full-\(getpid())"
        guard mkdir(folder, 0o700) == 0, setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
        else { exit(1) }
        let tensor = OutgoingTensor(
          name: "a", elementType: .uint8, shape: [1 << 20], bytes: [UInt8](repeating: 1, count: 1 << 20))
        var writer = GGUFWriter()
        writer.add(
          OutgoingTensor(
            name: "a", elementType: .int8, shape: [1 << 20], bytes: .init(repeating: 1, count: 1 << 20)))
        let codes = [
          exitCode { try SafetensorsWriter.write([tensor], to: "\(folder)/a.safetensors") },
          exitCode { try writer.write(to: "\(folder)/a.gguf") },
          exitCode {
            try HDF5File.create(at: "\(folder)/a.h5") { file in
              let bytes = try file.root.createDataset("a", of: UInt8.self, deflateLevel: nil)
              try bytes.append([UInt8](repeating: 1, count: 1 << 20))
            }
          },
        ]
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
        rmdir(folder)
        exit(codes.allSatisfy { $0 == .inputOutput } && left.isEmpty ? 0 : 2)
      }
    }
  #endif
}
