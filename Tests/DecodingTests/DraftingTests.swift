import CKernels
import Foundation
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Decoding

/// Guesses what a model will say, and now and then something else.
private final class LeakyDrafter: Drafter {
  let relativeCost = 0.0
  let expectedRate = 0.5
  private let model: any LanguageModel
  /// Of ten guesses so many are right.
  private let right: Int

  init(_ model: any LanguageModel, right: Int) { (self.model, self.right) = (model, right) }

  func draft(_ sequences: [DraftRequest]) throws -> [[TokenID]] {
    try sequences.map { sequence in
      var history = sequence.history
      for place in 0..<sequence.limit {
        let logits = try model.logits(
          extending: [SequenceExtension(model.makeContext(), by: history)], rows: .last)[0]
        var token = try sequence.sampler.sample(
          logits, after: history, sequence: sequence.sequence, step: sequence.step + place)
        if history.count % 10 >= right { token = (token + 1) % TokenID(model.vocabularySize) }
        history.append(token)
      }
      return Array(history.dropFirst(sequence.history.count))
    }
  }
}

@Suite("Drafting changes the time that answers take, not the answers")
struct DraftingTests {
  private static let samplings: [@Sendable (inout SamplingOptions) -> Void] = [
    { _ in }, { $0.temperature = 1 }, { ($0.temperature, $0.topP) = (0.7, 0.8) },
    { ($0.temperature, $0.topK) = (1.3, 5) }, { ($0.temperature, $0.minP) = (1, 0.1) },
    { $0.repetitionPenalty = 1.5 }, { ($0.temperature, $0.repetitionPenalty, $0.seed) = (0.9, 1.3, 7) },
  ]

  private let model = TableModel(seed: 11)

  private func requests() -> [GenerationRequest] {
    Self.samplings.enumerated().map { index, change in
      var request = GenerationRequest(
        prompt: (0...TokenID(index)).map { $0 }, maximumTokens: index == 1 ? 500 : 6 + index * 5,
        stopTokens: index % 3 == 2 ? [5] : [])
      change(&request.sampling)
      return request
    }
  }

  private func answers(
    concurrency: Int, drafter: (any Drafter)?, length: Int? = nil
  ) throws -> (answers: [Generation], seen: [[TokenID]], counts: DraftingCounts) {
    var seen = [[TokenID]](repeating: [], count: Self.samplings.count)
    let generator = Generator(
      model, tokenizer: nil, concurrency: concurrency, drafter: drafter, draftLength: length)
    var answers = try generator.generate(requests()) {
      seen[$0.request].append($0.token); return true
    }
    var counts = DraftingCounts()
    for index in answers.indices {
      counts.passes += answers[index].drafting.passes
      counts.drafted += answers[index].drafting.drafted
      counts.accepted += answers[index].drafting.accepted
      answers[index].drafting = DraftingCounts()
    }
    return (answers, seen, counts)
  }

  @Test("whatever is guessed, greedily or not", arguments: [1, 3, 8, 16], [0, 6, 10])
  func identity(concurrency: Int, right: Int) throws {
    let plain = try answers(concurrency: concurrency, drafter: nil)
    for length in [nil, 1, 7] {
      let drafted = try answers(
        concurrency: concurrency, drafter: LeakyDrafter(model, right: right), length: length)
      #expect(drafted.answers == plain.answers)
      #expect(drafted.seen == plain.seen)
      if concurrency <= 3, right == 10 {
        #expect(drafted.counts.passes < plain.counts.passes && drafted.counts.accepted > 0)
      }
      if right == 0 { #expect(drafted.counts.accepted == 0) }
    }
  }

  @Test("ended from outside, an answer is what was said until then")
  func endedFromOutside() throws {
    var count = 0
    let generator = Generator(
      model, tokenizer: nil, drafter: LeakyDrafter(model, right: 10), draftLength: 7)
    let answer = try generator.generate([
      GenerationRequest(prompt: [1], maximumTokens: 40, stopTokens: [])
    ]) { _ in
      count += 1
      return count < 5
    }[0]
    #expect(answer.tokens.count == 5)
  }

  @Test("what followed the longest ending before, the latest first")
  func lookup() {
    let cases: [(history: [TokenID], limit: Int, draft: [TokenID])] = [
      ([1, 2, 3, 9, 1, 2], 3, [3, 9, 1]),
      ([1, 2, 3, 1, 2, 4, 1, 2], 1, [4]),
      ([7, 1, 2, 3, 5, 1, 2, 4, 7, 1, 2], 2, [3, 5]),
      ([1, 2, 3, 4], 4, []),
      ([4, 4, 4, 4], 5, [4]),
      ([1, 2, 1, 2], 0, []),
      ([3], 3, []),
    ]
    for (history, limit, draft) in cases {
      #expect(LookupDrafter.continuation(of: history, limit: limit) == draft, "\(history)")
    }
  }

  @Test("as many are guessed as were worth it")
  func draftLength() {
    var length = DraftLength(fixed: nil, relativeCost: 0.2, expectedRate: 0.5)
    func after(_ passes: Int, accepting: (Int) -> Int) -> Int {
      for _ in 0..<passes {
        let drafted = length.next(limit: 7)
        length.observe(drafted: drafted, accepted: accepting(drafted))
      }
      return length.next(limit: 7)
    }
    #expect(after(60) { $0 } == 7)
    #expect(after(60) { $0 / 2 } < 5)
    _ = after(60) { _ in 0 }
    // Not worth it, but now and then it is tried again.
    let tries = (0..<40).filter { _ in
      let drafted = length.next(limit: 7)
      length.observe(drafted: drafted, accepted: 0)
      return drafted > 0
    }
    #expect((1...4).contains(tries.count))
    #expect(after(200) { $0 } == 7)
    #expect(DraftLength(fixed: 4, relativeCost: 0, expectedRate: 1).next(limit: 2) == 2)
  }

  @Test("draws follow softmax, and like distributions draw alike")
  func draws() throws {
    let logits = try [1, 2].map { seed in
      let other = TableModel(seed: UInt64(seed))
      return try other.logits(extending: [SequenceExtension(other.makeContext(), by: [3])], rows: .last)[0]
    }
    // Another distribution, between the two.
    let mixed = Tensor(
      zip(logits[0].array, logits[1].array).map { 0.9 * $0 + 0.1 * $1 }, shape: logits[0].shape)
    var options = SamplingOptions()
    options.temperature = 1
    let sampler = Sampler(options)
    let draws = 20_000
    func drawn(_ logits: Tensor) throws -> [TokenID] {
      try (0..<draws).map { try sampler.sample(logits, after: [TokenID](), sequence: $0 % 7, step: $0 / 7) }
    }
    let (one, other) = (try drawn(logits[0]), try drawn(mixed))
    let (p, q) = (Distribution(logits[0]), Distribution(mixed))
    var chiSquare = 0.0
    for token in 0..<24 {
      let expected = p.probability(token) * Double(draws)
      let count = Double(one.filter { $0 == TokenID(token) }.count)
      chiSquare += (count - expected) * (count - expected) / expected
    }
    // One in a thousand is over 49.7 with 23 degrees of freedom.
    #expect(chiSquare < 49.7)
    let distance = (0..<24).reduce(0) { $0 + abs(p.probability($1) - q.probability($1)) } / 2
    let alike = Double(zip(one, other).filter { $0 == $1 }.count) / Double(draws)
    #expect(distance > 0.02 && alike > (1 - distance) / (1 + distance) - 0.01)
  }
}

@Suite("What prompts share is read once")
struct SharedPrefixTests {
  private let rubric = (0..<36).map { TokenID($0 * 5 % 24) }

  @Test("candidates of one prompt, and prompts that begin alike", arguments: [1, 2, 16])
  func answers(concurrency: Int) throws {
    let prompts = [rubric + [1], rubric + [1], [7, 8], rubric + [1], rubric + [2, 3], Array(rubric[..<20])]
    let requests = prompts.map { prompt in
      var request = GenerationRequest(prompt: prompt, maximumTokens: 5, stopTokens: [])
      request.sampling.temperature = 1
      return request
    }
    let model = TableModel(seed: 4)
    let together = try Generator(model, tokenizer: nil, concurrency: concurrency).generate(requests)
    // The rubric once, of each prompt what is its own, and four tokens of each answer.
    #expect(model.tokens == 36 + (1 + 1 + 2 + 1 + 2 + 20) + 6 * 4)
    let plain = TableModel(seed: 4)
    for (index, request) in requests.enumerated() {
      let filler = GenerationRequest(prompt: [0], maximumTokens: 1, stopTokens: [])
      let alone = try Generator(plain, tokenizer: nil).generate(
        requests.indices.map { $0 == index ? request : filler })
      #expect(alone[index] == together[index])
    }
    #expect(Set(together.map(\.tokens)).count == 6)
  }
}
