import Foundation
import Testing

@testable import Tokenizers

/// Random texts must come back from their tokens, whole and one by one.
@Suite struct RoundTripTests {
  /// A byte-level tokenizer that needs no files.
  private static func trained() throws -> Tokenizer {
    var generator = SplitMix64(seed: 7)
    var trainer = try BytePairTrainer(.init(vocabularySize: 700, specialTokens: ["<|end|>"]))
    for _ in 0..<300 { trainer.feed(randomText(&generator, length: 60)) }
    return try trainer.train()
  }

  private static func check(_ tokenizer: Tokenizer, mark: String = " ") {
    var generator = SplitMix64(seed: 42)
    var tally = Tally()
    for _ in 0..<300 {
      let text = randomText(&generator, length: Int.random(in: 0...80, using: &generator))
      // SentencePiece writes a space as U+2581, so it can't tell the two apart.
      let expected = text.unicodeScalars.flatMap { Array(($0 == "\u{2581}" ? mark : String($0)).utf8) }
      let ids = tokenizer.encode(text, addSpecialTokens: false)
      tally.check(Array(tokenizer.decode(ids).utf8) == expected, "\(text.debugDescription)")
      var decoder = tokenizer.makeStreamingDecoder()
      let streamed = ids.map { decoder.append($0) }
      tally.check(Array(streamed.joined().utf8) == expected, "streaming \(text.debugDescription)")
      tally.check(decoder.flush().isEmpty, "left over of \(text.debugDescription)")
    }
    #expect(tally.failures == [])
  }

  @Test func bytes() throws { Self.check(try Self.trained(), mark: "\u{2581}") }

  @Test(arguments: ["gpt-2", "llama-spm", "deepseek-llm"])
  func vocabularies(name: String) throws {
    guard let path = SharedData.path("peers/llamacpp-vocab/ggml-vocab-\(name).gguf") else { return }
    Self.check(try Tokenizer.load(path: path), mark: name == "llama-spm" ? " " : "\u{2581}")
  }

  @Test func textIsTheSameInAnyNumberOfThreads() throws {
    let tokenizer = try Self.trained()
    var generator = SplitMix64(seed: 3)
    let texts = (0..<64).map { _ in randomText(&generator, length: 200) }
    let expected = texts.map { tokenizer.encode($0) }
    let isEqual = UnsafeMutablePointer<Bool>.allocate(capacity: texts.count)
    defer { isEqual.deallocate() }
    let results = Results(isEqual)
    DispatchQueue.concurrentPerform(iterations: texts.count) { index in
      results.isEqual[index] = tokenizer.encode(texts[index]) == expected[index]
    }
    #expect((0..<texts.count).allSatisfy { isEqual[$0] })
  }

  /// Each thread writes its own element.
  private struct Results: @unchecked Sendable {
    let isEqual: UnsafeMutablePointer<Bool>
    init(_ isEqual: UnsafeMutablePointer<Bool>) { self.isEqual = isEqual }
  }

  /// Words without end must not take time without end.
  @Test(arguments: ["gpt-2", "llama-spm", "qwen2"])
  func longRuns(name: String) throws {
    guard let path = SharedData.path("peers/llamacpp-vocab/ggml-vocab-\(name).gguf") else { return }
    let tokenizer = try Tokenizer.load(path: path)
    for run in ["a", " ", "1", "ab", "!", "\n", "日", "\u{301}"] {
      let text = "x" + String(repeating: run, count: 100_000) + "x"
      #expect(tokenizer.decode(tokenizer.encode(text, addSpecialTokens: false)) == text)
    }
  }

  @Test func streamsCharactersWhole() throws {
    let tokenizer = try BytePairTrainer(.init(vocabularySize: 256)).train()
    var decoder = tokenizer.makeStreamingDecoder()
    let parts = tokenizer.encode("é🦙!").map { decoder.append($0) }
    #expect(parts == ["", "é", "", "", "", "🦙", "!"])
    #expect(decoder.append(tokenizer.encode("é")[0]) == "")
    #expect(decoder.flush() == "\u{FFFD}")
    // A byte that can't go on ends what was begun.
    #expect(decoder.append(tokenizer.encode("é")[0]) == "")
    #expect(decoder.append(tokenizer.encode("a")[0]) == "\u{FFFD}a")
  }

  @Test func aContinuationKeepsItsSpace() throws {
    guard let path = SharedData.path("peers/llamacpp-vocab/ggml-vocab-llama-spm.gguf") else { return }
    let tokenizer = try Tokenizer.load(path: path)
    let ids = tokenizer.encode("of", addSpecialTokens: false)
    var first = tokenizer.makeStreamingDecoder()
    var next = tokenizer.makeStreamingDecoder(continuesText: true)
    #expect(ids.map { first.append($0) }.joined() == "of")
    #expect(ids.map { next.append($0) }.joined() == " of")
    #expect(ids.flatMap { tokenizer.bytes(of: $0) } == Array(" of".utf8))
  }
}
