import Formats
import Testing

@testable import Tokenizers

/// Every tokenizer.json in the shared data that has a file of expected encodings beside it.
@Suite struct ExpectedFilesTests {
  @Test(arguments: [
    "gpt2/tokenizer", "gpt-neox-20b/tokenizer", "torchtune/tokenizer", "torchtune/tiny_bpe_tokenizer",
  ])
  func encodesAndDecodes(name: String) throws {
    guard let path = SharedData.path("peers/tokenizers/\(name).json"),
      let expected = SharedData.path("peers/tokenizers/\(name).expected.jsonl")
    else { return }
    let tokenizer = try Tokenizer.load(path: path)
    var tally = Tally()
    for line in try JSONLines(path: expected) {
      let row = try line.json()
      let text = try #require(row["text"]?.stringValue)
      let ids = try #require(row["ids"]?.arrayValue).compactMap { $0.intValue.map(TokenID.init) }
      let withSpecial = try #require(row["ids_special"]?.arrayValue).compactMap {
        $0.intValue.map(TokenID.init)
      }
      let pieces = try #require(row["tokens"]?.arrayValue).compactMap(\.stringValue)
      let encoded = tokenizer.encode(text, addSpecialTokens: false)
      tally.check(encoded == ids, "\(line.number) \(text.debugDescription): \(encoded) not \(ids)")
      tally.check(tokenizer.encode(text) == withSpecial, "\(line.number): special \(tokenizer.encode(text))")
      tally.check(encoded.map { tokenizer.token(for: $0) } == pieces, "\(line.number): pieces \(pieces)")
      if let decoded = row["decoded"]?.stringValue {
        let text = tokenizer.decode(ids, skipSpecialTokens: false)
        tally.check(
          text.utf8.elementsEqual(decoded.utf8), "\(line.number): decodes to \(text.debugDescription)")
      }
    }
    print("\(name): \(tally.summary)")
    #expect(tally.failures == [])
    #expect(tally.total > 100)
  }
}
