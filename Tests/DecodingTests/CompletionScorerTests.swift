import Foundation
import TestSupport
import Testing
import Tokenizers

@testable import Decoding

@Suite("Completions of many prompts")
struct CompletionScorerTests {
  /// Prompts that share 40 tokens, and some that share nothing.
  private func completions() -> [Completion] {
    let rubric: [TokenID] = (0..<40).map { $0 * 5 % 23 }
    return (0..<9).map { index in
      let own: [TokenID] = (0...TokenID(index)).map { ($0 + TokenID(index)) % 23 }
      return Completion(
        prompt: index % 3 == 2 ? own : rubric + own, tokens: (0..<TokenID(index % 4)).map { $0 + 3 })
    }
  }

  @Test(
    "each has the log-probabilities that it has alone, however passes are cut", arguments: [1, 7, 10_000])
  func alone(tokensPerPass: Int) throws {
    let model = TableModel(seed: 5)
    let completions = completions()
    let found = try CompletionScorer(model, tokensPerPass: tokensPerPass).logProbabilities(of: completions)
    for (completion, found) in zip(completions, found) {
      let whole = try model.score(completion.prompt + completion.tokens)
      #expect(found == whole.logProbabilities.dropFirst(completion.prompt.count).compactMap { $0 })
    }
    let order = Array(completions.indices.reversed())
    let reversed = try CompletionScorer(model).logProbabilities(of: order.map { completions[$0] })
    #expect(reversed == order.map { found[$0] })
  }

  @Test("the next token's distribution is the one that the model gives")
  func next() throws {
    let model = TableModel(seed: 6)
    let prompts = completions().map(\.prompt)
    let found = try CompletionScorer(model).next(after: prompts) { $0.logProbability(7) }
    for (prompt, found) in zip(prompts, found) {
      let score = try model.score(prompt + [7])
      #expect(score.logProbabilities.last == found)
    }
  }

  @Test("what prompts share is read once")
  func sharing() throws {
    let model = TableModel(seed: 5)
    let prompts = (0..<20).map { index in (0..<50).map { TokenID($0 % 23) } + [TokenID(index)] }
    _ = try CompletionScorer(model).next(after: prompts) { $0.top }
    #expect(model.tokens == 50 + 20)
  }

  @Test("an empty prompt is refused")
  func refusals() {
    let scorer = CompletionScorer(TableModel(seed: 1))
    #expect(throws: DecodingError.self) { try scorer.next(after: [[]]) { $0.top } }
    #expect(throws: DecodingError.self) {
      try scorer.logProbabilities(of: [Completion(prompt: [], tokens: [1])])
    }
  }
}
