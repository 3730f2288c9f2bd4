import Foundation
import Tensors
import Testing

@testable import Models

@Suite("Small models made of large ones")
struct ReductionTests {
  private static let ids: [UInt32] = [3, 1, 4, 1, 5, 9, 2, 6]

  private func logits(_ checkpoint: Checkpoint) throws -> [Float] {
    checkpoint.makeDecoder().logits(Self.ids, cutAt: nil, try Fixtures.compute())
  }

  private func load(_ name: String) throws -> Checkpoint { try Checkpoint.load("\(Fixtures.folder)/\(name)") }

  @Test("what isn't reduced stays as it is", arguments: ["llama", "qwen2", "mistral", "gpt2"])
  func nothing(name: String) throws {
    let base = try load(name)
    let reduction = ModelReduction(
      layers: base.configuration.layers, hiddenSize: base.configuration.hiddenSize,
      intermediateSize: base.configuration.intermediateSize)
    let same = try reduction.reduced(base, seed: 0, compute: try Fixtures.compute())
    #expect(same.configuration == base.configuration)
    #expect(try logits(same) == (try logits(base)))
  }

  @Test("GPT-2's heads are as wide as their number says, so none can go")
  func heads() throws {
    let base = try load("gpt2")
    #expect(throws: ModelError.self) {
      try ModelReduction(keyValueHeads: 1).configuration(of: base.configuration, path: base.path)
    }
  }

  @Test("a residual stream that is only turned gives the same logits", arguments: ["llama", "mistral"])
  func turned(name: String) throws {
    let base = try load(name)
    let projection = Projection(
      try base.tensor(ParameterNames.embedding), width: base.configuration.hiddenSize, seed: 1,
      compute: try Fixtures.compute())
    #expect(projection.gain == 1)
    let parts = ReducedLayers(base: base, small: base.configuration, projection: projection)
    let turned = Checkpoint(path: base.path, configuration: base.configuration, tensors: try parts.tensors)
    let (given, expected) = (try logits(turned), try logits(base))
    let largest = expected.map(abs).max() ?? 0
    #expect(zip(given, expected).allSatisfy { abs($0 - $1) < 1e-3 * (1 + largest) })
    #expect(turned.tensors[ParameterNames.embedding]?.array != base.tensors[ParameterNames.embedding]?.array)
  }

  @Test("directions are orthonormal and the main ones")
  func directions() throws {
    // Rows lie in three directions, and hardly in others.
    let random = CounterRandom(seed: 7)
    let (rows, wide) = (60, 12)
    let scales: [Float] = [5, 3, 2] + Array(repeating: 0.02, count: wide - 3)
    let elements: [Float] = (0..<rows * wide).map { random.normal(at: UInt64($0)) * scales[$0 % wide] }
    let table = Tensor(elements, shape: [rows, wide])
    let projection = Projection(table, width: 3, seed: 0, compute: try Fixtures.compute())
    for one in 0..<3 {
      for other in 0...one {
        let product = (0..<wide).reduce(Float(0)) {
          $0 + projection.basis.floats[one * wide + $1] * projection.basis.floats[other * wide + $1]
        }
        #expect(abs(product - (one == other ? 1 : 0)) < 1e-4)
      }
    }
    let (before, after) = (table.array, projection.projected(table).array)
    func energy(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 } }
    #expect(energy(after) > 0.999 * energy(before))
    #expect(abs(projection.gain - 2) < 1e-6)
  }

  @Test("a reduced model is a smaller one of its family, also read back", arguments: ["llama", "qwen2"])
  func reduced(name: String) throws {
    let base = try load(name)
    let reduction = ModelReduction(layers: 1, hiddenSize: 8, intermediateSize: 12, keyValueHeads: 1)
    let compute = try Fixtures.compute()
    let small = try reduction.reduced(base, seed: 3, compute: compute)
    #expect(small.configuration.heads == 2 && small.configuration.headDimension == 4)
    #expect(small.configuration.vocabularySize == base.configuration.vocabularySize)
    for slot in small.configuration.parameterSlots {
      #expect(small.tensors[slot.name]?.shape == slot.shape, "\(slot.name)")
    }
    #expect(small.tensors.count == small.configuration.parameterSlots.count)
    #expect(small.configuration.parameterCount < base.configuration.parameterCount / 2)
    #expect(try logits(small).allSatisfy(\.isFinite))
    #expect(try reduction.reduced(base, seed: 3, compute: compute).fingerprint == small.fingerprint)

    let folder = NSTemporaryDirectory() + "trimtab-reduced-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try CheckpointWriter(folder: folder, configuration: small.configuration)
      .writeModel(small.tensors, as: .float32)
    #expect(try logits(try Checkpoint.load(folder)) == (try logits(small)))
  }

  @Test(
    "layers are spread evenly, the ends among them",
    arguments: [
      (1, 5, [0]), (2, 5, [0, 4]), (3, 5, [0, 2, 4]), (5, 5, [0, 1, 2, 3, 4]),
      (10, 30, [0, 3, 6, 10, 13, 16, 19, 23, 26, 29]),
    ])
  func spread(count: Int, total: Int, expected: [Int]) {
    #expect(ModelReduction.spread(count, of: total) == expected)
  }

  @Test("what can't be made smaller is refused")
  func refusals() throws {
    let compute = try Fixtures.compute()
    #expect(throws: ModelError.self) {
      try ModelReduction(layers: 99).reduced(try load("llama"), seed: 0, compute: compute)
    }
    #expect(throws: ModelError.self) {
      try ModelReduction(hiddenSize: 8).reduced(try load("gpt2"), seed: 0, compute: compute)
    }
  }
}
