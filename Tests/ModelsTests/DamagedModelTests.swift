import Formats
import Foundation
import Tensors
import Testing

@testable import Models

/// Descriptions and weights that no decoder can have, or that mean something else than they seem to.
@Suite("Models that are damaged, or not what they say")
struct DamagedModelTests {
  private static let temporary = NSTemporaryDirectory() + "trimtab-damaged-"

  /// A fixture's folder with other settings.
  private func fixture(
    _ name: String, with changes: JSONObject, without removed: [String] = []
  ) throws -> String {
    let folder = Self.temporary + UUID().uuidString
    try FileManager.default.copyItem(atPath: "\(Fixtures.folder)/\(name)", toPath: folder)
    var settings = try #require(try JSON(contentsOf: folder + "/config.json").objectValue)
    for (key, value) in changes { settings[key] = value }
    for key in removed { settings[key] = nil }
    try AtomicFile.write(JSON.object(settings).text(), to: folder + "/config.json")
    return folder
  }

  private func expectRefusal(
    of folder: String, says part: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let error = #expect(throws: ModelError.self, sourceLocation: sourceLocation) {
      _ = try Checkpoint.load(folder)
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation)
  }

  private static let impossible: [(String, JSONObject, String)] = [
    ("qwen2", ["num_hidden_layers": 2_147_483_647], "too few for 2147483647 layers"),
    ("qwen2", ["num_attention_heads": 3], "3 heads of queries can't share 2 heads"),
    ("qwen2", ["head_dim": 512], "its heads have 512 elements"),
    ("qwen2", ["head_dim": 5], "turn pairs"),
    ("qwen2", ["rope_parameters": ["rope_type": "linear", "factor": 0]], "stretched by 0.0"),
    ("qwen2", ["tie_word_embeddings": false], "\"lm_head.weight\" is missing"),
    ("gpt2", ["scale_attn_by_inverse_layer_idx": true], "\"scale_attn_by_inverse_layer_idx\" is true"),
    ("gpt2", ["scale_attn_weights": false], "\"scale_attn_weights\" is false"),
  ]

  @Test("settings that can't be", arguments: impossible)
  func refusedSettings(name: String, changes: JSONObject, says: String) throws {
    expectRefusal(of: try fixture(name, with: changes), says: says)
  }

  @Test("a description that is silent about its head leaves it to the weights")
  func silentHead() throws {
    let folder = try fixture("qwen2", with: [:], without: ["tie_word_embeddings"])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try Checkpoint.load(folder).configuration.tiedHead)
  }

  @Test("a Mistral that is silent about its window has the usual one")
  func silentWindow() throws {
    let long: JSONObject = ["max_position_embeddings": 8192]
    let silent = try fixture("mistral", with: long, without: ["sliding_window"])
    #expect(try Checkpoint.load(silent).configuration.slidingWindow == 4096)
    try FileManager.default.removeItem(atPath: silent)
  }

  @Test("a tensor of five extents")
  func fiveExtents() throws {
    let folder = try fixture("qwen2", with: [:])
    let bytes = [UInt8](repeating: 0, count: 40 * 16 * 4)
    let tensors = ["model.embed_tokens.weight", "model.norm.weight"].map { name in
      OutgoingTensor(name: name, elementType: .float32, shape: [1, 1, 1, 40, 16], bytes: bytes)
    }
    try SafetensorsWriter.write(tensors, to: folder + "/model.safetensors")
    expectRefusal(of: folder, says: "has the shape [1, 1, 1, 40, 16]")
  }

  // MARK: - GGUF

  /// A model as a GGUF, with more metadata and one tensor in blocks, read back.
  private func throughGGUF(
    _ checkpoint: Checkpoint, adding metadata: [String: GGUFValue] = [:], quantizing tensor: String = ""
  ) throws -> Checkpoint {
    let path = Self.temporary + UUID().uuidString + ".gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try GGUFModel(checkpoint).write(to: path, as: .float32, name: "fixture", tokenizer: [])
    let file = try GGUFFile(path: path)
    var writer = GGUFWriter()
    for (key, value) in file.metadata { writer.set(key, to: value) }
    for (key, value) in metadata { writer.set(key, to: value) }
    for name in file.tensorNames {
      let stored = try file.tensor(named: name)
      writer.add(
        name == tensor ? OutgoingTensor(Tensor(stored), name: name, as: .q8_0) : OutgoingTensor(stored))
    }
    try writer.write(to: path)
    return try Checkpoint.load(path)
  }

  @Test("a factor alone stretches the positions of a GGUF, under its old name, too")
  func linearScaling() throws {
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/llama")
    for key in ["llama.rope.scaling.factor", "llama.rope.scale_linear"] {
      let stretched = try throughGGUF(checkpoint, adding: [key: .float32(4)])
      guard case .rotary(let rotary) = stretched.configuration.position else {
        Issue.record("the positions aren't rotary")
        continue
      }
      #expect(rotary.scaling == .linear(factor: 4))
    }
  }

  @Test("a mixture of experts that goes by the name of llama")
  func experts() throws {
    let checkpoint = try Checkpoint.load("\(Fixtures.folder)/llama")
    #expect(throws: ModelError.self) {
      _ = try throughGGUF(checkpoint, adding: ["llama.expert_count": .uint32(8)])
    }
  }

  @Test("a bias in blocks is read element by element")
  func quantizedBias() throws {
    var configuration = ModelConfiguration(
      family: "llama", vocabularySize: 8, hiddenSize: 32, intermediateSize: 32, layers: 1, heads: 2,
      contextLength: 16)
    configuration.attentionInputBias = true
    let parameters = TrainableParameters(initializing: configuration, seed: 1)
    let name = "model.layers.0.self_attn.q_proj.bias"
    let bias = try #require(parameters.tensors[name])
    for index in 0..<bias.count { bias.floats[index] = Float(index) / 32 }
    let checkpoint = Checkpoint(path: "model", configuration: configuration, tensors: parameters.tensors)
    let again = try throughGGUF(checkpoint, quantizing: "blk.0.attn_q.bias")
    let read = try #require(again.tensors[name]).array
    #expect(zip(read, bias.array).allSatisfy { abs($0 - $1) < 0.01 } && read.count == bias.count)
  }

  // MARK: - Adapters

  /// An adapter's folder.
  private func adapter(
    of base: String, _ changes: JSONObject = [:], tensors: [OutgoingTensor] = []
  ) throws -> String {
    let folder = Self.temporary + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var settings: JSONObject = [
      "peft_type": "LORA", "base_model_name_or_path": .string(base), "r": 2, "lora_alpha": 4,
    ]
    for (key, value) in changes { settings[key] = value }
    try AtomicFile.write(JSON.object(settings).text(), to: folder + "/adapter_config.json")
    try SafetensorsWriter.write(tensors, to: folder + "/adapter_model.safetensors")
    return folder
  }

  private static let otherAdapters: [(JSONObject, String)] = [
    (["lora_alpha": 0], "\"lora_alpha\" is 0"),
    (["init_lora_weights": "pissa_niter_4"], "\"init_lora_weights\" is \"pissa_niter_4\""),
    (["layer_replication": [[0, 2]]], "\"layer_replication\" is [[0,2]]"),
    (["alpha_pattern": ["layers\\.[01]\\..*": 8]], "without regular expressions"),
  ]

  @Test("adapters that are more than a product", arguments: otherAdapters)
  func refusedAdapters(changes: JSONObject, says: String) throws {
    expectRefusal(of: try adapter(of: "\(Fixtures.folder)/llama", changes), says: says)
  }

  @Test("an adapter that adapts itself")
  func endlessAdapter() throws {
    expectRefusal(of: try adapter(of: "."), says: "is an adapter itself")
  }

  @Test("an adapter that is too small for the fused layer it is for")
  func smallAdapter() throws {
    let base = "\(Fixtures.folder)/gpt2"
    let hidden = try Checkpoint.load(base).configuration.hiddenSize
    let layer = "base_model.model.transformer.h.0.attn.c_attn"
    let tensors = [("lora_A", [2, hidden]), ("lora_B", [3, 2])].map { name, shape in
      OutgoingTensor(
        name: "\(layer).\(name).weight", elementType: .float32, shape: shape,
        bytes: [UInt8](repeating: 0, count: shape.reduce(4, *)))
    }
    expectRefusal(of: try adapter(of: base, tensors: tensors), says: "\(layer) is [3, 2]")
  }
}
