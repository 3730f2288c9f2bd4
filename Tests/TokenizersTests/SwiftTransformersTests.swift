import Formats
import Testing

@testable import Tokenizers

/// The encodings that swift-transformers keeps, for the models whose vocabulary is here.
@Suite struct SwiftTransformersTests {
  @Test(arguments: [
    ("tokenizers/gpt2", "gpt2_encoded_tokens.json", "distilgpt2"),
    (
      "llamacpp-vocab/ggml-vocab-llama-spm.gguf", "llama_encoded.json",
      "coreml-projects/Llama-2-7b-chat-coreml"
    ),
  ])
  func encodesAndDecodes(model: String, passage: String, questions: String) throws {
    guard let path = SharedData.path("peers/\(model)"),
      let passagePath = SharedData.path("peers/swift-transformers/\(passage)"),
      let questionPath = SharedData.path("peers/swift-transformers/tokenizer_tests.json")
    else { return }
    let tokenizer = try Tokenizer.load(path: path)
    var tally = Tally()
    let long = try JSON(contentsOf: passagePath)
    let text = try #require(long["text"]?.stringValue)
    let ids = try Self.ids(long["token_ids"])
    let pieces = try #require(long["bpe_tokens"]?.arrayValue).compactMap(\.stringValue)
    tally.check(tokenizer.encode(text) == ids, "\(passage)")
    let plain = tokenizer.encode(text, addSpecialTokens: false).map { tokenizer.token(for: $0) }
    // Its list for GPT-2 shows text, not pieces; only a SentencePiece piece is what it looks like.
    tally.check(plain.count == pieces.count, "\(passage): \(plain.count) pieces")
    for row in try #require(try JSON(contentsOf: questionPath)[questions]?.arrayValue) {
      let input = try #require(row["input"]?.stringValue)
      let ids = try Self.ids(row["encoded"]?["input_ids"])
      tally.check(tokenizer.encode(input) == ids, "\(input.debugDescription): \(tokenizer.encode(input))")
      // Its GPT-2 takes spaces before punctuation away when decoding; a tokenizer must give the text back.
      let decoded = tokenizer.decode(ids)
      tally.check(decoded == input, "\(input.debugDescription) decodes to \(decoded.debugDescription)")
    }
    print("\(passage) and \(questions): \(tally.summary)")
    #expect(tally.failures == [])
    #expect(tally.total == 38)
  }

  private static func ids(_ json: JSON?) throws -> [TokenID] {
    try #require(json?.arrayValue).compactMap { $0.intValue.map(TokenID.init) }
  }
}
