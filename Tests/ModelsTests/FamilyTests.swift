import Autodiff
import Formats
import Foundation
import Tensors
import Testing

@testable import Models

/// Golden models made by `Benchmarks/parity/families.py`.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

  static func compute(threads: Int = 2) throws -> Compute {
    Compute(
      pool: ThreadPool(threads: threads), engine: OpenBLASEngine(), arena: try Arena(capacity: 1 << 28))
  }

  /// The ids and PyTorch's logits, row by row.
  static func expected(_ name: String) throws -> (ids: [UInt32], logits: [Float]) {
    let json = try JSON(contentsOf: "\(folder)/\(name)/expected.json")
    let ids = (json["ids"]?.arrayValue ?? []).compactMap { $0.intValue.map(UInt32.init) }
    let logits = (json["logits"]?.arrayValue ?? []).flatMap { row in
      (row.arrayValue ?? []).compactMap { $0.doubleValue.map(Float.init) }
    }
    return (ids, logits)
  }
}

extension Decoder {
  /// All logits of one sequence, fed in stretches through a cache, or at once without.
  func logits(_ ids: [UInt32], cutAt cuts: [Int]?, _ compute: Compute) -> [Float] {
    let tape = Tape(compute: compute, isRecording: false)
    guard let cuts else { return logits(hidden(RaggedBatch([(0, ids)]), on: tape), on: tape).value.array }
    let cache = KeyValueCache(configuration, capacity: 2)
    var all: [Float] = []
    for (start, end) in zip([0] + cuts, cuts + [ids.count]) {
      let batch = RaggedBatch([(cache.count, Array(ids[start..<end]))])
      all += logits(hidden(batch, on: tape, caches: [cache]), on: tape).value.array
    }
    return all
  }
}

@Suite("Families against PyTorch")
struct FamilyTests {
  static let names = ["llama", "llama-rope", "mistral", "qwen2", "gpt2"].flatMap { [$0, $0 + "-lora"] }

  @Test("logits", arguments: names)
  func logits(name: String) throws {
    let (ids, expected) = try Fixtures.expected(name)
    let decoder = try Checkpoint.load("\(Fixtures.folder)/\(name)").makeDecoder()
    for cuts in [nil, [], [1], [5, 6, 20], Array(1..<ids.count)] as [[Int]?] {
      let given = decoder.logits(ids, cutAt: cuts, try Fixtures.compute())
      try #require(given.count == expected.count)
      let difference = zip(given, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference < 2e-5, "cut at \(cuts ?? [])")
    }
  }

  @Test("several sequences in one batch give what each gives alone")
  func raggedBatch() throws {
    let decoder = try Checkpoint.load("\(Fixtures.folder)/llama").makeDecoder()
    let compute = try Fixtures.compute()
    let tape = Tape(compute: compute, isRecording: false)
    let sequences: [[UInt32]] = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10], [11]]
    let batch = RaggedBatch(sequences.map { (0, $0) })
    let together = decoder.logits(decoder.hidden(batch, on: tape), on: tape).value.array
    let alone = sequences.flatMap { decoder.logits($0, cutAt: nil, compute) }
    for (one, other) in zip(together, alone) { #expect(abs(one - other) < 1e-5) }
  }

  @Test("what is written is read back the same", arguments: ["llama", "qwen2", "gpt2", "mistral"])
  func roundTrip(name: String) throws {
    let folder = NSTemporaryDirectory() + "trimtab-models-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/\(name)")
    try CheckpointWriter(folder: folder, configuration: checkpoint.configuration)
      .writeModel(checkpoint.tensors, as: .float32, beginningOfSequence: 1, endOfSequence: [2])
    let again = try Checkpoint.load(folder)
    #expect(again.configuration == checkpoint.configuration)
    for (name, tensor) in checkpoint.tensors {
      #expect(again.tensors[name]?.float32.array == tensor.float32.array)
    }
    #expect(again.fingerprint == checkpoint.fingerprint)
  }

  @Test("an adapter that is written is read back as the same product", arguments: ["llama", "gpt2"])
  func adapterRoundTrip(name: String) throws {
    let folder = NSTemporaryDirectory() + "trimtab-adapter-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let base = try Checkpoint.load("\(Fixtures.folder)/\(name)")
    let lora = LowRankConfiguration(rank: 2, alpha: 5, targets: [.query, .key, .value, .down])
    let parameters = TrainableParameters(initializing: lora, over: base.configuration, seed: 3)
    for entry in parameters.entries where entry.name.hasSuffix("lora_B.weight") {
      let random = CounterRandom(seed: 4, stream: UInt64(entry.offset))
      for index in 0..<entry.shape.count {
        parameters.value(entry).floats[index] = random.normal(at: UInt64(index))
      }
    }
    try CheckpointWriter(folder: folder, configuration: base.configuration)
      .writeAdapter(lora, tensors: parameters.tensors, baseModel: "\(Fixtures.folder)/\(name)")
    let ids: [UInt32] = [3, 1, 4, 1, 5, 9]
    let compute = try Fixtures.compute()
    let direct = Decoder(
      base.configuration, parameters: base.tensors.mapValues { Variable($0) },
      adapter: LowRankAdapter(lora, parameters: parameters.tensors.mapValues { Variable($0) }))
    // By names that mean these modules alone: GPT-2 calls two of them c_proj.
    let targets = try JSON(contentsOf: folder + "/adapter_config.json")["target_modules"]?.arrayValue
    #expect(
      targets?.compactMap(\.stringValue)
        == (name == "gpt2" ? ["c_attn", "mlp.c_proj"] : ["q_proj", "k_proj", "v_proj", "down_proj"]))
    let again = try Checkpoint.load(folder)
    // What a family stores as one comes back in its parts, so that it can be tuned further.
    let stored = try #require(again.adapter)
    #expect(stored.configuration.targets == lora.targets)
    #expect(stored.tensors.mapValues(\.shape) == parameters.tensors.mapValues(\.shape))
    for (parameter, tensor) in parameters.tensors {
      #expect(stored.tensors[parameter]?.array == tensor.array, "\(parameter)")
    }
    let read = again.makeDecoder()
    for (one, other) in zip(direct.logits(ids, cutAt: nil, compute), read.logits(ids, cutAt: nil, compute)) {
      #expect(abs(one - other) < 1e-4)
    }
  }

  @Test("what an adapter's product is multiplied by is part of its fingerprint")
  func adapterFingerprint() throws {
    let adapted = try Checkpoint.load("\(Fixtures.folder)/llama-lora")
    let stored = try #require(adapted.adapter)
    var configuration = stored.configuration
    configuration.alpha *= 2
    var stronger = adapted
    stronger.adapter = Checkpoint.StoredAdapter(
      configuration: configuration, tensors: stored.tensors, basePath: stored.basePath)
    #expect(stronger.fingerprint != adapted.fingerprint)
    #expect(stronger.withoutAdapter.fingerprint == adapted.withoutAdapter.fingerprint)
  }

  @Test("a fresh adapter changes nothing")
  func freshAdapter() throws {
    let base = try Checkpoint.load("\(Fixtures.folder)/qwen2")
    let lora = LowRankConfiguration(rank: 4, alpha: 8, targets: [.query, .gate, .down])
    let parameters = TrainableParameters(initializing: lora, over: base.configuration, seed: 1)
    let adapted = Decoder(
      base.configuration, parameters: base.tensors.mapValues { Variable($0) },
      adapter: LowRankAdapter(lora, parameters: parameters.variables))
    let compute = try Fixtures.compute()
    let ids: [UInt32] = [7, 8, 9]
    #expect(adapted.logits(ids, cutAt: nil, compute) == base.makeDecoder().logits(ids, cutAt: nil, compute))
  }
}
