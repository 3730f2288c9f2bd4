import CKernels
import Decoding
import Foundation
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Proxy

@Suite("An expert that is an adapter runs in one pass with its antiexpert")
struct SharedPairTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("ModelsTests/Fixtures").path

  /// The most rows that the exact engine's few-rows product takes: with both models' there are twice as many.
  private static let most = Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)

  private let base: DecoderModel
  private let together: ProxiedModel
  private let apart: ProxiedModel

  init() throws { try self.init(compute: try Compute.exact(threads: 2)) }

  private init(compute: Compute) throws {
    func model(_ name: String) throws -> DecoderModel {
      DecoderModel(try Checkpoint.load(Self.models + "/" + name).makeDecoder(), compute: compute)
    }
    let (base, expert) = (try model("mistral"), try model("llama-lora"))
    func proxied(_ antiexpert: DecoderModel) -> ProxiedModel {
      let vocabulary = VocabularyMap.shared(count: min(base.vocabularySize, expert.vocabularySize))
      return ProxiedModel(
        base: base,
        steerings: [Steering(expert: expert, antiexpert: antiexpert, vocabulary: vocabulary)], alpha: 1,
        compute: compute)
    }
    self.base = base
    together = proxied(DecoderModel(bare: expert))
    apart = proxied(try model("llama"))
  }

  /// The logits of every part after each of several extensions of several sequences.
  private func parts(_ model: ProxiedModel, lengths: [Int], sequences: Int) throws -> [[Float]] {
    let contexts = (0..<sequences).map { _ in model.makeContext() }
    return try lengths.enumerated().flatMap { step, length in
      let parts = try model.parts(
        extending: contexts.enumerated().map { number, context in
          SequenceExtension(context, by: (0..<length).map { TokenID(($0 * 7 + step * 3 + number) % 40) })
        }, rows: .all)
      return parts.flatMap {
        [$0.base.array, $0.offsets[0].expert.array, $0.offsets[0].antiexpert.array, $0.combined.array]
      }
    }
  }

  @Test(
    "together as apart, bit for bit",
    arguments: [(1, [1, 1, most, 3, most]), (2, [2, 1, 2]), (most, [1, 1])])
  func fewRows(sequences: Int, lengths: [Int]) throws {
    let given = try parts(together, lengths: lengths, sequences: sequences)
    #expect(given == (try parts(apart, lengths: lengths, sequences: sequences)))
    #expect(given[1] != given[2], "the adapter reached the antiexpert")
  }

  @Test("so in bfloat16, where more rows are few", arguments: [8, 9, 16])
  func fewRowsOfBFloat16(sequences: Int) throws {
    guard let engine = try? MatrixEngines.make(precision: .bf16) else {
      print("skipped: this processor doesn't multiply bfloat16 numbers")
      return
    }
    let compute = Compute(pool: ThreadPool(threads: 2), engine: engine, arena: try Arena.unplanned())
    let models = try SharedPairTests(compute: compute)
    let given = try models.parts(models.together, lengths: [1, 1], sequences: sequences)
    #expect(given == (try models.parts(models.apart, lengths: [1, 1], sequences: sequences)))
  }

  @Test("a prompt that both see is as good as two")
  func prompts() throws {
    let given = try parts(together, lengths: [40, 1], sequences: 2).joined()
    for (value, expected) in zip(given, try parts(apart, lengths: [40, 1], sequences: 2).joined()) {
      #expect(abs(value - expected) < 1e-4)
    }
  }

  @Test("few rows at once give the bits of one at a time")
  func rowByRow() throws {
    let tokens: [TokenID] = [5, 9, 2, 6, 5, 3, 5]
    for model in [together, apart] as [any LanguageModel] + [base] {
      let (atOnce, single) = (model.makeContext(), model.makeContext())
      for context in [atOnce, single] {
        _ = try model.logits(
          extending: [SequenceExtension(context, by: (0..<50).map { $0 % 40 })], rows: .last)
      }
      for few in [tokens[..<4], tokens[4...]] {
        let rows = try model.logits(extending: [SequenceExtension(atOnce, by: Array(few))], rows: .all)[0]
        let one = try few.flatMap {
          try model.logits(extending: [SequenceExtension(single, by: [$0])], rows: .last)[0].array
        }
        #expect(rows.array == one)
      }
    }
  }
}
