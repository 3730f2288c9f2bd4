import Formats
import Foundation
import Testing

@testable import Tokenizers

@Suite struct SavingTests {
  @Test(arguments: ["gpt-2", "llama-spm", "deepseek-llm", "starcoder", "qwen2"])
  func aVocabularyIsTheSameOnceSaved(name: String) throws {
    guard let path = SharedData.path("peers/llamacpp-vocab/ggml-vocab-\(name).gguf") else { return }
    let tokenizer = try Tokenizer.load(path: path)
    let saved = try withTemporaryFolder { folder in
      try tokenizer.save(to: folder + "/model")
      return try Tokenizer.load(path: folder + "/model")
    }
    #expect(saved.fingerprint == tokenizer.fingerprint)
    #expect(saved.vocabularySize == tokenizer.vocabularySize)
    #expect(saved.definition.merges == tokenizer.definition.merges)
    #expect(saved.definition.options == tokenizer.definition.options)
    #expect(saved.specialTokens == tokenizer.specialTokens)
    #expect(saved.specialTokenTexts == tokenizer.specialTokenTexts)
    #expect(saved.stopTokens == tokenizer.stopTokens)
    #expect(saved.addsBeginningOfSequence == tokenizer.addsBeginningOfSequence)
    #expect(saved.definition.chatTemplates.map(\.source) == tokenizer.definition.chatTemplates.map(\.source))
    var generator = SplitMix64(seed: 5)
    for _ in 0..<100 {
      let text = randomText(&generator, length: 50) + "<s> <|endoftext|>"
      #expect(saved.encode(text) == tokenizer.encode(text))
    }
  }

  @Test func settingsOfTheFolderSurvive() throws {
    let settings: JSON = [
      "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 128, "bos_token": ["content": "<s>"],
      "chat_template": [
        ["name": "default", "template": "{{ a }}"], ["name": "rag", "template": "{{ b }}"],
      ],
    ]
    try withTemporaryFolder { folder in
      try Self.tokenizer().save(to: folder)
      try settings.text().write(toFile: folder + "/tokenizer_config.json", atomically: true, encoding: .utf8)
      try Tokenizer.load(path: folder).save(to: folder + "/copy")
      let copy = try JSON(contentsOf: folder + "/copy/tokenizer_config.json")
      #expect(copy["model_max_length"]?.intValue == 128)
      #expect(copy["chat_template"] == settings["chat_template"])
      #expect(copy["bos_token"] == settings["bos_token"])
      #expect(try Tokenizer.load(path: folder + "/copy").beginningOfSequence == 0)
    }
  }

  /// The GGUF and the transformers form of a vocabulary count as the same, though only one is filled up.
  @Test func theFingerprintPassesOverFilling() throws {
    var filled = try Self.tokenizer().definition
    filled.vocabulary.insert("[PAD\(filled.vocabulary.count)]", as: TokenID(filled.vocabulary.count))
    var longer = try Self.tokenizer().definition
    longer.vocabulary.insert("[PAD]", as: TokenID(longer.vocabulary.count))
    let fingerprint = try Self.tokenizer().fingerprint
    #expect(filled.fingerprint == fingerprint)
    #expect(longer.fingerprint != fingerprint)
  }

  private static func tokenizer() throws -> Tokenizer {
    try BytePairTrainer(.init(vocabularySize: 257, specialTokens: ["<s>"])).train()
  }

  @Test func filesBesideATokenizerSayWhatItsTokensAreFor() throws {
    try withTemporaryFolder { folder in
      func write(_ json: JSON, _ name: String) throws {
        try json.text().write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      try BytePairTrainer(.init(vocabularySize: 260, specialTokens: ["<s>", "</s>", "<|im_end|>"])).train()
        .save(to: folder)
      let bare = try Tokenizer.load(path: folder)
      #expect(bare.beginningOfSequence == nil && bare.stopTokens == [2])
      try write(["bos_token": "<s>"], "special_tokens_map.json")
      try write(
        [
          "tokenizer_class": "LlamaTokenizer", "eos_token": "</s>", "add_bos_token": true,
          "add_eos_token": true,
        ],
        "tokenizer_config.json")
      try write(["eos_token_id": [1, 258]], "generation_config.json")
      try "{{ bos_token }}".write(
        toFile: folder + "/chat_template.jinja", atomically: true, encoding: .utf8)
      let full = try Tokenizer.load(path: folder)
      #expect(full.encode("") == [0, 1] && full.addsBeginningOfSequence && full.addsEndOfSequence)
      #expect(full.stopTokens == [1, 2, 258])
      #expect(bare.chatTemplate?.source == nil)
      #expect(
        try full.chatTemplate?.render(messages: [], specialTokens: full.specialTokenTexts) == "<s>")
      // A tokenizer.json by itself is the same as its folder.
      #expect(try Tokenizer.load(path: folder + "/tokenizer.json").encode("") == [0, 1])
    }
  }
}
