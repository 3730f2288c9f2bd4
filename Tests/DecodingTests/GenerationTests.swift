import Foundation
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Decoding

@Suite("Generation and scoring")
struct GenerationTests {
  let model = TableModel(seed: 11)

  private func requests() -> [GenerationRequest] {
    (0..<7).map { index in
      var request = GenerationRequest(
        prompt: (0...TokenID(index)).map { $0 }, maximumTokens: 3 + index * 2, stopTokens: [5])
      request.sampling.temperature = index % 2 == 0 ? 0 : 0.8
      return request
    }
  }

  @Test("sequences that share steps say what they say alone", arguments: [1, 2, 3, 16])
  func batching(concurrency: Int) throws {
    let together = try Generator(model, tokenizer: nil, concurrency: concurrency).generate(requests())
    let alone = try Generator(model, tokenizer: nil, concurrency: 1).generate(requests())
    #expect(together == alone)
    #expect(
      together.contains { $0.finishReason == .stop } && together.contains { $0.finishReason == .length })
  }

  @Test("a stop token ends the answer and isn't part of it")
  func stopToken() throws {
    let free = try Generator(model, tokenizer: nil).generate([
      GenerationRequest(prompt: [1], maximumTokens: 8, stopTokens: [])
    ])[0]
    let stop = free.tokens[3]
    let first = free.tokens.firstIndex(of: stop) ?? 3
    let stopped = try Generator(model, tokenizer: nil).generate([
      GenerationRequest(prompt: [1], maximumTokens: 8, stopTokens: [stop])
    ])[0]
    #expect(stopped.tokens == Array(free.tokens[..<first]))
    #expect(stopped.finishReason == .stop)
  }

  /// As SentencePiece's tokenizers have it: each word begins with a space, and a text's first doesn't count.
  @Test("an answer that goes on in a text keeps the space in front of it")
  func leadingSpace() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/spaces-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let words = (0..<24).map { #""▁\#(Character(UnicodeScalar(97 + $0) ?? "x"))": \#($0)"# }
    let text = """
      {"added_tokens": [], "normalizer": null, "pre_tokenizer": null, "post_processor": null,
       "decoder": {"type": "Sequence", "decoders": [
         {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "Fuse"},
         {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
       "model": {"type": "BPE", "vocab": {\(words.joined(separator: ", "))}, "merges": []}}
      """
    try text.write(toFile: folder + "/tokenizer.json", atomically: true, encoding: .utf8)
    let tokenizer = try Tokenizer.load(path: folder)
    let texts = try [true, false].map { continuesText in
      var request = GenerationRequest(prompt: [1], maximumTokens: 3, stopTokens: [])
      request.continuesText = continuesText
      return try Generator(model, tokenizer: tokenizer).generate([request])[0].text
    }
    #expect(texts[0] == " " + texts[1] && texts[1].first?.isLetter == true)
  }

  @Test("generation ends where the context does")
  func contextEnd() throws {
    let answer = try Generator(model, tokenizer: nil).generate([
      GenerationRequest(prompt: [1, 2], maximumTokens: 500, stopTokens: [])
    ])[0]
    #expect(answer.finishReason == .length)
    #expect(answer.tokens.count == model.contextLength - 2)
  }

  @Test("what can't be generated is refused")
  func refusals() {
    let generator = Generator(model, tokenizer: nil)
    #expect(throws: DecodingError.self) {
      try generator.generate([GenerationRequest(prompt: [], stopTokens: [])])
    }
    let long = [TokenID](repeating: 1, count: 64)
    #expect(throws: DecodingError.self) {
      try generator.generate([GenerationRequest(prompt: long, stopTokens: [])])
    }
  }

  @Test("a score doesn't depend on how the sequence is cut", arguments: [1, 3, 50])
  func stretches(stretch: Int) throws {
    let tokens: [TokenID] = (0..<20).map { $0 * 7 % 24 }
    let whole = try model.score(tokens)
    let cut = try model.score(tokens, stretch: stretch)
    #expect(whole == cut)
    #expect(whole.logProbabilities.count == tokens.count && whole.logProbabilities[0] == nil)
    let sum = whole.logProbabilities.compactMap { $0 }.reduce(0, +)
    #expect(abs((whole.perplexity ?? 0) - exp(-sum / 19)) < 1e-9)
  }

  @Test("tokens that the model lacks are refused, the last one too, which it isn't shown")
  func strangers() {
    #expect(throws: DecodingError.self) { try model.score([1, 2, 24], stretch: 2) }
    #expect(throws: DecodingError.self) {
      try CompletionScorer(model).logProbabilities(of: [Completion(prompt: [1], tokens: [2, 24])])
    }
  }

  @Test("probabilities sum to one")
  func normalization() {
    let distribution = Distribution(Tensor([1000, 999, -50, 998], shape: [1, 4]))
    #expect(abs((0..<4).reduce(0) { $0 + distribution.probability($1) } - 1) < 1e-12)
    #expect(distribution.top == 0)
  }
}
