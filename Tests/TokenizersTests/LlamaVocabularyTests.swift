import Foundation
import Testing

@testable import Tokenizers

/// llama.cpp's vocabulary-only GGUF files with texts and the tokens that Hugging Face's tokenizers gave for them.
@Suite struct LlamaVocabularyTests {
  @Test(arguments: ["deepseek-llm", "gpt-2", "llama-spm", "mpt", "qwen2", "refact", "starcoder"])
  func encodes(name: String) throws {
    guard let path = SharedData.path("peers/llamacpp-vocab/ggml-vocab-\(name).gguf") else { return }
    let tokenizer = try Tokenizer.load(path: path)
    var tally = Tally()
    for (text, ids) in try Self.vectors(path) {
      let encoded = tokenizer.encode(text, addSpecialTokens: false)
      tally.check(encoded == ids, "\(text.debugDescription): \(encoded) not \(ids)")
      let decoded = tokenizer.decode(ids)
      tally.check(decoded.utf8.elementsEqual(text.utf8), "\(text.debugDescription): decodes to \(decoded)")
    }
    print("ggml-vocab-\(name): \(tally.summary)")
    #expect(tally.failures == [])
    #expect(tally.total > 80)
  }

  @Test func refusesWordPiece() throws {
    guard let path = SharedData.path("peers/llamacpp-vocab/ggml-vocab-bert-bge.gguf") else { return }
    #expect {
      try Tokenizer.load(path: path)
    } throws: { error in
      "\(error)".hasSuffix("the tokenizer model 'bert' is not supported; supported: gpt2, llama")
    }
  }

  private static func vectors(_ path: String) throws -> [(text: String, ids: [TokenID])] {
    let texts = try String(contentsOfFile: path + ".inp", encoding: .utf8)
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let ids = try String(contentsOfFile: path + ".out", encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.split(separator: " ").compactMap { TokenID($0) } }
    return Array(zip(texts, ids))
  }
}
