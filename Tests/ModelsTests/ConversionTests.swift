import Formats
import Foundation
import Tensors
import Testing

@testable import Models

@Suite("Models in other formats")
struct ConversionTests {
  static let ids: [UInt32] = [3, 1, 4, 1, 5, 9, 2, 6]

  /// The greatest difference between two models' logits.
  private func difference(_ one: Checkpoint, _ other: Checkpoint) throws -> Float {
    let compute = try Fixtures.compute()
    let logits = [one, other].map { $0.makeDecoder().logits(Self.ids, cutAt: nil, compute) }
    try #require(logits[0].count == logits[1].count)
    return zip(logits[0], logits[1]).map { abs($0 - $1) }.max() ?? .infinity
  }

  /// A fixture as a GGUF, read back.
  private func throughGGUF(_ checkpoint: Checkpoint, as elementType: ElementType) throws -> Checkpoint {
    let path = NSTemporaryDirectory() + "trimtab-\(UUID().uuidString).gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try GGUFModel(checkpoint).write(to: path, as: elementType, name: "fixture", tokenizer: [])
    return try Checkpoint.load(path)
  }

  @Test("a GGUF in float32 is the same model", arguments: ["llama", "qwen2", "gpt2"])
  func gguf(name: String) throws {
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/\(name)")
    let again = try throughGGUF(checkpoint, as: .float32)
    #expect(again.configuration.parameterSlots == checkpoint.configuration.parameterSlots)
    #expect(again.configuration.position == checkpoint.configuration.position)
    for (name, tensor) in checkpoint.tensors {
      #expect(again.tensors[name]?.float32.array == tensor.float32.array, "\(name)")
    }
    #expect(try difference(again, checkpoint) == 0)
  }

  @Test("from a GGUF back to a folder nothing changes", arguments: ["llama", "qwen2", "gpt2"])
  func safetensors(name: String) throws {
    let folder = NSTemporaryDirectory() + "trimtab-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/\(name)")
    let file = try throughGGUF(checkpoint, as: .float32)
    try CheckpointWriter(folder: folder, configuration: file.configuration)
      .writeModel(file.tensors, as: .float32)
    #expect(try difference(try Checkpoint.load(folder), checkpoint) == 0)
  }

  @Test("weights without a tokenizer have none, whatever their file is called", arguments: [".gguf", ""])
  func withoutTokenizer(ending: String) throws {
    let path = NSTemporaryDirectory() + "trimtab-\(UUID().uuidString)\(ending)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/llama")
    let entries: [(key: String, value: GGUFValue)] = [("tokenizer.ggml.model", .string("gpt2"))]
    for (tokenizer, expected) in [([], nil), (entries, path)] {
      try GGUFModel(checkpoint).write(to: path, as: .float32, name: "fixture", tokenizer: tokenizer)
      #expect(GGUFFile.isGGUF(path))
      let again = try Checkpoint.load(path)
      #expect(again.tokenizerPath == expected && again.merged.tokenizerPath == expected)
    }
    #expect(!GGUFFile.isGGUF("\(Fixtures.folder)/llama/config.json") && !GGUFFile.isGGUF(Fixtures.folder))
  }

  /// `..` goes up from where a link leads, not from where it lies.
  @Test("what a checkpoint remembers is found behind links")
  func links() throws {
    let folder = NSTemporaryDirectory() + "trimtab-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["far/away/runs", "here/models/base"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/here/runs", withDestinationPath: "\(folder)/far/away/runs")
    let run = "\(folder)/here/runs/expert"
    let remembered = Provenance.remembered("\(folder)/here/models/base", from: run)
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    #expect(FileManager.default.fileExists(atPath: Provenance.resolved(remembered, from: run)))
  }

  @Test("rows that aren't whole blocks stay float16; gains, biases and positions float32")
  func elementTypes() throws {
    let types: [(Shape, String, ElementType)] = [
      ([8, 64], "blk.0.attn_q.weight", .q8_0), ([8, 24], "blk.0.attn_q.weight", .float16),
      ([64], "blk.0.attn_norm.weight", .float32), ([16, 64], "position_embd.weight", .float32),
    ]
    for (shape, name, expected) in types {
      #expect(GGUFModel.elementType(ofShape: shape, name: name, wanted: .q8_0) == expected)
    }
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/llama")
    let again = try throughGGUF(checkpoint, as: .q8_0)
    for slot in checkpoint.configuration.parameterSlots where slot.isMatrix {
      let expected: ElementType = slot.shape[1] % 32 == 0 ? .q8_0 : .float16
      #expect(again.tensors[slot.name]?.elementType == expected, "\(slot.name)")
    }
    #expect(try difference(again, checkpoint) < 0.02)
  }

  @Test("a merged adapter gives the adapter's logits", arguments: ["llama", "mistral", "qwen2", "gpt2"])
  func merging(name: String) throws {
    let adapted = try Checkpoint.load("\(Fixtures.folder)/\(name)-lora")
    #expect(adapted.merged.adapter == nil)
    #expect(try difference(adapted.merged, adapted.withoutAdapter) > 1e-3)
    #expect(try difference(adapted.merged, adapted) < 1e-4)
  }

  @Test("what a GGUF can't tell is refused")
  func refusals() throws {
    var checkpoint = try Checkpoint.load("\(Fixtures.folder)/mistral")
    var configuration = checkpoint.configuration
    configuration.slidingWindow = 4
    checkpoint = Checkpoint(path: "model", configuration: configuration, tensors: checkpoint.tensors)
    #expect(throws: ModelError.self) { try GGUFModel(checkpoint) }
    configuration.slidingWindow = nil
    configuration.position = .rotary(
      .init(
        base: 1e4, scaling: .llama3(factor: 8, lowFrequency: 1, highFrequency: 4, originalContext: 8)))
    checkpoint = Checkpoint(path: "model", configuration: configuration, tensors: checkpoint.tensors)
    #expect(throws: ModelError.self) { try GGUFModel(checkpoint) }
  }
}
