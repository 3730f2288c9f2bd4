import Decoding
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Proxy

@Suite("z = z_base + α (z_expert − z_antiexpert)")
struct ProxiedModelTests {
  let base = TableModel(seed: 1)
  let expert = TableModel(seed: 2)
  let antiexpert = TableModel(seed: 3)
  let text: [TokenID] = [3, 1, 4, 1, 5, 9, 2, 6]
  let compute: Compute

  init() throws { compute = try .exact(threads: 2) }

  private func all(_ model: any LanguageModel) throws -> [Float] {
    try model.logits(extending: [SequenceExtension(model.makeContext(), by: text)], rows: .all)[0].array
  }

  private func proxied(
    _ base: any LanguageModel, _ expert: any LanguageModel, _ antiexpert: any LanguageModel, alpha: Float,
    vocabulary: VocabularyMap = .shared(count: 24)
  ) -> ProxiedModel {
    ProxiedModel(
      base: base,
      steerings: [Steering(expert: expert, antiexpert: antiexpert, vocabulary: vocabulary)], alpha: alpha,
      compute: compute)
  }

  @Test("α = 0 is the base, bit for bit")
  func alphaZero() throws {
    #expect(try all(proxied(base, expert, antiexpert, alpha: 0)) == all(base))
  }

  @Test("a sequence steered by a strength of its own goes on as a model of that strength would")
  func ownStrength() throws {
    let model = proxied(base, expert, antiexpert, alpha: 1)
    let beginning = model.makeContext()
    _ = try model.logits(extending: [SequenceExtension(beginning, by: Array(text[..<5]))], rows: .last)
    let read = base.tokens
    let contexts = [0, 0.5, 3].map { model.copy(beginning, alpha: $0) }
    let logits = try model.logits(
      extending: contexts.map { SequenceExtension($0, by: Array(text[5...])) }, rows: .all)
    #expect(base.tokens - read == 3 * 3)
    for (alpha, logits) in zip([0, 0.5, 3] as [Float], logits) {
      let whole = try all(proxied(base, expert, antiexpert, alpha: alpha))
      #expect(logits.array == Array(whole.suffix(logits.count)))
    }
  }

  @Test("expert = antiexpert is the base, whatever α", arguments: [0.5, 1, -3] as [Float])
  func noTuning(alpha: Float) throws {
    #expect(try all(proxied(base, expert, expert, alpha: alpha)) == all(base))
  }

  @Test("base = antiexpert is the expert")
  func baseIsAntiexpert() throws {
    let given = try all(proxied(base, expert, base, alpha: 1))
    for (value, expected) in zip(given, try all(expert)) { #expect(abs(value - expected) < 1e-5) }
  }

  @Test("the equation, with several experts and a negative weight")
  func severalExperts() throws {
    let other = TableModel(seed: 4)
    let model = ProxiedModel(
      base: base,
      steerings: [
        Steering(expert: expert, antiexpert: antiexpert, weight: 0.5, vocabulary: .shared(count: 24)),
        Steering(expert: other, antiexpert: antiexpert, weight: -2, vocabulary: .shared(count: 24)),
      ], alpha: 0.7, compute: compute)
    let (b, e, o, a) = (try all(base), try all(expert), try all(other), try all(antiexpert))
    for (index, value) in try all(model).enumerated() {
      let offset = 0.5 * (e[index] - a[index]) - 2 * (o[index] - a[index])
      #expect(abs(value - (b[index] + 0.7 * offset)) < 1e-4)
    }
  }

  @Test("an antiexpert that experts share runs once a step")
  func sharedMembers() throws {
    let shared = TableModel(seed: 9)
    let steering = Steering(expert: expert, antiexpert: shared, vocabulary: .shared(count: 24))
    let other = Steering(expert: TableModel(seed: 5), antiexpert: shared, vocabulary: .shared(count: 24))
    _ = try all(ProxiedModel(base: base, steerings: [steering, other], alpha: 1, compute: compute))
    #expect(shared.calls == 1)
  }

  @Test("permuted vocabularies are translated")
  func permuted() throws {
    let places = CounterRandom(seed: 5).permutation(of: 24)
    let moved = TableModel(seed: 2, places: places)
    let movedAntiexpert = TableModel(seed: 3, places: places)
    let map = VocabularyMap.mapped(places.map { Int32($0) })
    let given = try all(proxied(base, moved, movedAntiexpert, alpha: 1, vocabulary: map))
    #expect(given == (try all(proxied(base, expert, antiexpert, alpha: 1))))
  }

  @Test("tokens that the expert lacks are never chosen, and can't be followed")
  func lacking() throws {
    var ids = (0..<24).map { Int32($0) }
    ids[7] = -1
    let model = proxied(base, expert, antiexpert, alpha: 1, vocabulary: .mapped(ids))
    let logits = try all(model)
    #expect(logits[7] == -.infinity)
    #expect(throws: ProxyError.self) {
      try model.logits(extending: [SequenceExtension(model.makeContext(), by: [7])], rows: .last)
    }
    // Where nothing steers, it is the base all the same.
    let off = proxied(base, expert, antiexpert, alpha: 0, vocabulary: .mapped(ids))
    #expect(try all(off) == all(base))
    let followed = try off.logits(
      extending: [SequenceExtension(off.makeContext(), by: [7, 1])], rows: .last)[0].array
    let alone = try base.logits(
      extending: [SequenceExtension(base.makeContext(), by: [7, 1])], rows: .last)[0].array
    #expect(followed == alone)
  }

  @Test("a token that ends an answer stays as the base has it where the expert lacks it")
  func unsharedStops() throws {
    let ids = (0..<24).map { Int32($0 == 7 || $0 == 8 ? -1 : $0) }
    let steering = Steering(
      expert: expert, antiexpert: antiexpert, vocabulary: .mapped(ids), unsharedStops: [7])
    let logits = try all(ProxiedModel(base: base, steerings: [steering], alpha: 1, compute: compute))
    let plain = try all(base)
    for row in text.indices {
      #expect(logits[row * 24 + 7] == plain[row * 24 + 7] && logits[row * 24 + 8] == -.infinity)
    }
  }

  @Test("padding behind the shared ids isn't steered")
  func padded() throws {
    let wide = TableModel(seed: 1, vocabularySize: 30)
    let logits = try all(proxied(wide, expert, antiexpert, alpha: 1))
    let plain = try all(wide)
    for row in text.indices {
      #expect(logits[row * 30 + 24..<row * 30 + 30] == plain[row * 30 + 24..<row * 30 + 30])
    }
  }

  @Test("forgetting and copying reach every part")
  func contexts() throws {
    let model = proxied(base, expert, antiexpert, alpha: 1)
    let context = model.makeContext()
    _ = try model.logits(extending: [SequenceExtension(context, by: [1, 2, 3])], rows: .last)
    let copy = context.copy()
    _ = try model.logits(extending: [SequenceExtension(context, by: [4, 5])], rows: .last)
    context.truncate(to: 3)
    let first = try model.logits(extending: [SequenceExtension(context, by: [6])], rows: .last)
    let second = try model.logits(extending: [SequenceExtension(copy, by: [6])], rows: .last)
    #expect(first[0].array == second[0].array)
  }

  @Test("an expert may be shown the prompt in its own words")
  func openings() throws {
    let model = proxied(base, expert, antiexpert, alpha: 1)
    let context = model.makeContext(prompts: [0: [9, 9, 1]])
    let parts = try model.parts(extending: [SequenceExtension(context, by: [1, 2])], rows: .last)[0]
    let alone = try expert.logits(
      extending: [SequenceExtension(expert.makeContext(), by: [9, 9, 1])], rows: .last)[0]
    #expect(parts.offsets[0].expert.array == alone.array)
    let next = try model.parts(extending: [SequenceExtension(context, by: [5])], rows: .last)[0]
    let continued = try expert.logits(
      extending: [SequenceExtension(expert.makeContext(), by: [9, 9, 1, 5])], rows: .last)[0]
    #expect(next.offsets[0].expert.array == continued.array)
  }

  @Test("an answer ends where the longest of the prompts leaves no room")
  func longOpening() throws {
    let model = proxied(base, expert, antiexpert, alpha: 1)
    var request = GenerationRequest(prompt: [1, 2], maximumTokens: 100, stopTokens: [])
    request.context = model.makeContext(prompts: [0: [TokenID](repeating: 3, count: 60)])
    let answer = try Generator(model, tokenizer: nil).generate([request])[0]
    #expect(answer.tokens.count == model.contextLength - 60 && answer.finishReason == .length)
  }
}
