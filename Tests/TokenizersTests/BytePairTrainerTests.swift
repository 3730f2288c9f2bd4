import Formats
import Foundation
import Testing

@testable import Tokenizers

@Suite struct BytePairTrainerTests {
  /// The reference merges and vocabulary of Stanford's CS336, assignment 1.
  @Test func learnsTheReferenceMerges() throws {
    guard let folder = SharedData.path("peers/tokenizers/cs336-bpe-training") else { return }
    var trainer = try BytePairTrainer(.init(vocabularySize: 500, specialTokens: ["<|endoftext|>"]))
    trainer.feed(try String(contentsOfFile: folder + "/corpus.en", encoding: .utf8))
    let tokenizer = try trainer.train()
    let merges = tokenizer.definition.merges.map {
      "\(tokenizer.token(for: $0.left)) \(tokenizer.token(for: $0.right))"
    }
    let expected = try String(contentsOfFile: folder + "/train-bpe-reference-merges.txt", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    var tally = Tally()
    for index in expected.indices {
      let merge = index < merges.count ? merges[index] : "nothing"
      tally.check(
        merge.utf8.elementsEqual(expected[index].utf8), "merge \(index): \(merge) not \(expected[index])")
    }
    let vocabulary = try JSON(contentsOf: folder + "/train-bpe-reference-vocab.json").objectValue
    for (piece, id) in try #require(vocabulary) {
      tally.check(tokenizer.id(of: piece).map(Int.init) == id.intValue, "the token \(piece)")
    }
    print("cs336-bpe-training: \(tally.summary)")
    #expect(tally.failures == [])
    #expect(merges.count == expected.count)
    #expect(tokenizer.vocabularySize == 500)
  }

  @Test func keepsSpecialTokensWhole() throws {
    var trainer = try BytePairTrainer(.init(vocabularySize: 270, specialTokens: ["<|end|>", "<|pad|>"]))
    trainer.feed(String(repeating: "x<|end|>", count: 50))
    let tokenizer = try trainer.train()
    #expect(tokenizer.vocabularySize == 258)  // one letter a text has no pairs
    #expect(tokenizer.encode("x<|end|>x") == [tokenizer.id(of: "x"), 0, tokenizer.id(of: "x")])
    #expect(tokenizer.decode([0, 1]) == "")
  }

  @Test func prefersTheGreaterOfEquals() throws {
    var trainer = try BytePairTrainer(.init(vocabularySize: 257))
    trainer.feed("ab cd")
    #expect(try trainer.train().token(for: 256) == "cd")
  }

  @Test func obeysItsConfiguration() throws {
    var configuration = BytePairTrainer.Configuration(
      vocabularySize: 300, specialTokens: ["<s>", "</s>", "<pad>"])
    configuration.beginningOfSequence = "<s>"
    configuration.endOfSequence = "</s>"
    configuration.padding = "<pad>"
    configuration.separatesDigits = true
    configuration.minimumFrequency = 5
    var trainer = try BytePairTrainer(configuration)
    for _ in 0..<5 { trainer.feed("sum 1111 sum") }
    trainer.feed("qqqq")
    let tokenizer = try trainer.train()
    #expect(tokenizer.encode("11", addSpecialTokens: false).count == 2)
    #expect(tokenizer.encode("qq", addSpecialTokens: false).count == 2)
    #expect(tokenizer.encode("sum").first == 0 && tokenizer.addsBeginningOfSequence)
    #expect(tokenizer.encode("sum").count == 2)
    #expect(tokenizer.endOfSequence == 1 && tokenizer.stopTokens == [1] && tokenizer.padding == 2)
    #expect(tokenizer.specialTokenTexts == ["bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"])
  }

  @Test func refusesWhatCannotBe() {
    #expect(throws: TokenizerError.self) {
      try BytePairTrainer(.init(vocabularySize: 256, specialTokens: ["<s>"]))
    }
    var configuration = BytePairTrainer.Configuration(vocabularySize: 300)
    configuration.endOfSequence = "</s>"
    #expect(throws: TokenizerError.self) { try BytePairTrainer(configuration) }
  }
}
