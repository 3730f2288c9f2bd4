import Decoding
import Foundation
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Proxy

@Suite("Limits on steering")
struct SteeringLimitsTests {
  private let base = TableModel(seed: 1)
  private let text: [TokenID] = [3, 1, 4, 1, 5, 9, 2, 6]
  private let compute: Compute

  init() throws { compute = try .exact(threads: 2) }

  private func model(
    _ limits: SteeringLimits, alpha: Float = 1, vocabulary: VocabularyMap = .shared(count: 24)
  ) -> ProxiedModel {
    ProxiedModel(
      base: base,
      steerings: [
        Steering(expert: TableModel(seed: 2), antiexpert: TableModel(seed: 3), vocabulary: vocabulary)
      ], alpha: alpha, limits: limits, compute: compute)
  }

  private func parts(_ model: ProxiedModel) throws -> ProxiedLogits {
    try model.parts(extending: [SequenceExtension(model.makeContext(), by: text)], rows: .all)[0]
  }

  @Test(
    "a budget is kept, and used where the offset would go beyond it", arguments: [0.01, 0.3, 1] as [Float])
  func budget(budget: Float) throws {
    let free = try parts(model(.none)).combined.array
    let limited = try parts(model(SteeringLimits(divergence: budget)))
    var bound = 0
    for row in 0..<text.count {
      let base = Distribution(limited.base, row: row)
      let divergence = Distribution(limited.combined, row: row).divergence(from: base)
      #expect(divergence <= Double(budget) + 1e-4)
      let isFree =
        Array(limited.combined.array[row * 24..<(row + 1) * 24]) == Array(free[row * 24..<(row + 1) * 24])
      if !isFree {
        bound += 1
        #expect(divergence > 0.98 * Double(budget) - 1e-4)
      }
    }
    #expect(bound > 0)
  }

  @Test("no budget is the base, a large one changes nothing")
  func ends() throws {
    let none = try parts(model(SteeringLimits(divergence: 0)))
    for (value, expected) in zip(none.combined.array, none.base.array) {
      #expect(abs(value - expected) < 1e-3)
    }
    #expect(
      try parts(model(SteeringLimits(nucleus: 1, divergence: 1000))).combined.array
        == parts(model(.none)).combined.array)
  }

  @Test("what doesn't steer isn't limited")
  func off() throws {
    let off = try parts(model(SteeringLimits(nucleus: 0.2, divergence: 0.1), alpha: 0))
    #expect(off.combined.array == off.base.array)
  }

  @Test("only the base's nucleus can be chosen, and exactly that", arguments: [0.2, 0.9, 0.999] as [Float])
  func nucleus(nucleus: Float) throws {
    let free = try parts(model(.none)).combined.array
    let limited = try parts(model(SteeringLimits(nucleus: nucleus)))
    for row in 0..<text.count {
      let base = Distribution(limited.base, row: row)
      let order = (0..<24).sorted { base.probability($0) > base.probability($1) }
      var (sum, kept) = (0.0, Set<Int>())
      for token in order where sum < Double(nucleus) {
        sum += base.probability(token)
        kept.insert(token)
      }
      for token in 0..<24 {
        let value = limited.combined.array[row * 24 + token]
        #expect(kept.contains(token) ? value == free[row * 24 + token] : value == -.infinity)
      }
    }
  }

  @Test("with tokens that the expert lacks")
  func mapped() throws {
    let places = (0..<24).map { Int32($0 % 5 == 0 ? -1 : $0) }
    let tokens: [TokenID] = [3, 1, 4, 1, 6, 9, 2, 6]
    let model = model(SteeringLimits(nucleus: 0.95, divergence: 5), vocabulary: .mapped(places))
    let logits = try model.logits(
      extending: [SequenceExtension(model.makeContext(), by: tokens)], rows: .all)[0].array
    #expect(!logits.contains { $0.isNaN })
    for token in stride(from: 0, to: logits.count, by: 5) where token % 24 % 5 == 0 {
      #expect(logits[token] == -.infinity)
    }
  }

  @Test("where the expert lacks the base's nucleus, the likeliest token that it has is left")
  func nucleusWithout() throws {
    let plain = try base.logits(
      extending: [SequenceExtension(base.makeContext(), by: [3])], rows: .last)[0]
    let order = (0..<24).sorted { plain.array[$0] > plain.array[$1] }
    let lacking = Set(order.prefix(3)).subtracting([3])
    let places = (0..<24).map { Int32(lacking.contains($0) ? -1 : $0) }
    let model = model(SteeringLimits(nucleus: 0.001), vocabulary: .mapped(places))
    let logits = try model.logits(
      extending: [SequenceExtension(model.makeContext(), by: [3])], rows: .last)[0].array
    let likeliest = try #require(order.first(where: { !lacking.contains($0) }))
    let kept = (0..<24).filter { logits[$0] > -.infinity }
    #expect(kept == [likeliest])
  }

  @Test("guessing ahead changes no answer", arguments: [0, 1] as [Float])
  func drafting(temperature: Float) throws {
    let model = model(SteeringLimits(nucleus: 0.9, divergence: 0.5))
    func tokens(_ drafter: (any Drafter)?) throws -> [TokenID] {
      var request = GenerationRequest(prompt: text, maximumTokens: 30, stopTokens: [])
      request.sampling.temperature = temperature
      return try Generator(model, tokenizer: nil, drafter: drafter, draftLength: drafter == nil ? nil : 3)
        .generate([request])[0].tokens
    }
    #expect(try tokens(ExpertDrafter(model, relativeCost: 0.2)) == tokens(nil))
  }

  @Test("one pass serves every strength")
  func strengths() throws {
    let model = model(.none)
    let shared = try parts(model)
    for alpha: Float in [0, 0.5, 2] {
      #expect(
        model.combined(shared, alpha: alpha).array == (try parts(model.with(alpha: alpha))).combined.array)
    }
  }

  @Test("ranges are checked")
  func ranges() {
    for limits in [
      SteeringLimits(nucleus: 0), SteeringLimits(nucleus: 1.5), SteeringLimits(divergence: -1),
      SteeringLimits(divergence: .nan),
    ] {
      #expect(throws: ProxyError.self) { try limits.validate() }
    }
  }
}
