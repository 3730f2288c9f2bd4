import CKernels
import Decoding
import Foundation
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Proxy

@Suite("The expert runs ahead")
struct ExpertDrafterTests {
  private let compute: Compute

  init() throws { compute = try .exact(threads: 2) }

  private func requests() -> [GenerationRequest] {
    (0..<5).map { index in
      var request = GenerationRequest(
        prompt: (0..<TokenID(9 + index)).map { $0 * 3 % 24 }, maximumTokens: 12 + index, stopTokens: [])
      request.sampling.temperature = index % 2 == 0 ? 0 : 0.8
      return request
    }
  }

  /// What each part thought of each token, which shows every bit of the logits.
  private func attributions(
    _ model: ProxiedModel, concurrency: Int, length: Int?
  ) throws -> (tokens: [[Attribution]], accepted: Int, passes: Int) {
    let attributing = AttributingModel(model)
    let drafter = length.map { _ in ExpertDrafter(model, relativeCost: 0.2) }
    var tokens = [[Attribution]](repeating: [], count: requests().count)
    let answers = try Generator(
      attributing, tokenizer: nil, concurrency: concurrency, drafter: drafter, draftLength: length
    ).generate(requests()) { step in
      if let line = attributing.attribution(of: step, tokenizer: nil) { tokens[step.request].append(line) }
      return true
    }
    #expect(zip(tokens, answers).allSatisfy { $0.map(\.token) == $1.tokens })
    return (
      tokens, answers.reduce(0) { $0 + $1.drafting.accepted },
      answers.reduce(0) { $0 + $1.drafting.passes }
    )
  }

  private func expectSame(_ model: ProxiedModel, isGuessed: Bool) throws {
    for concurrency in [1, 2, 4] {
      let plain = try attributions(model, concurrency: concurrency, length: nil)
      for length in [1, 3, 7] {
        let drafted = try attributions(model, concurrency: concurrency, length: length)
        #expect(drafted.tokens == plain.tokens, "\(concurrency) sequences, \(length) tokens guessed")
        let hasRoom = 2 * concurrency <= Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)
        if isGuessed, hasRoom { #expect(drafted.accepted > 20 && drafted.passes < plain.passes) }
      }
    }
  }

  @Test("a pair that shares its weights: every bit is as without drafts", arguments: ["llama", "mistral"])
  func decoders(base: String) throws {
    let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("ModelsTests/Fixtures").path
    func model(_ name: String) throws -> DecoderModel {
      DecoderModel(try Checkpoint.load(models + "/" + name).makeDecoder(), compute: compute)
    }
    let expert = try model("llama-lora")
    let steering = Steering(
      expert: expert, antiexpert: DecoderModel(bare: expert), vocabulary: .shared(count: 40))
    let proxied = ProxiedModel(base: try model(base), steerings: [steering], alpha: 1, compute: compute)
    // Over its own antiexpert the expert says what the proxy-tuned model will say.
    try expectSame(proxied, isGuessed: base == "llama")
  }

  @Test("vocabularies that differ: permuted, padded")
  func vocabularies() throws {
    let places = CounterRandom(seed: 5).permutation(of: 24)
    let mapped = Steering(
      expert: TableModel(seed: 2, places: places), antiexpert: TableModel(seed: 3, places: places),
      vocabulary: .mapped(places.map { Int32($0) }))
    // The antiexpert says little, so that the expert is often right.
    let padded = Steering(
      expert: TableModel(seed: 1, vocabularySize: 30), antiexpert: TableModel(seed: 3, vocabularySize: 30),
      vocabulary: .shared(count: 24))
    for (steering, alpha) in [(mapped, 1), (padded, 0.05)] as [(Steering, Float)] {
      let model = ProxiedModel(
        base: TableModel(seed: 1), steerings: [steering], alpha: alpha, compute: compute)
      try expectSame(model, isGuessed: false)
    }
  }

  @Test("what was run ahead is used where it is right, and forgotten where it isn't")
  func runAhead() throws {
    let (base, expert, antiexpert) = (TableModel(seed: 1), TableModel(seed: 2), TableModel(seed: 3))
    let steering = Steering(expert: expert, antiexpert: antiexpert, vocabulary: .shared(count: 24))
    let model = ProxiedModel(base: base, steerings: [steering], alpha: 1, compute: compute)
    let context = model.makeContext()
    _ = try model.runAhead([SequenceExtension(context, by: [1, 2, 3, 4])], steering: 0)
    let copy = context.copy()
    let given = try model.logits(extending: [SequenceExtension(context, by: [1, 2, 9])], rows: .all)[0]
    #expect(expert.tokens == 5)
    let whole = try model.logits(
      extending: [SequenceExtension(model.makeContext(), by: [1, 2, 9])], rows: .all)[0]
    #expect(given.array == whole.array)
    copy.truncate(to: 0)
    let again = try model.logits(extending: [SequenceExtension(copy, by: [1, 2, 9])], rows: .all)[0]
    #expect(again.array == whole.array)
  }
}
