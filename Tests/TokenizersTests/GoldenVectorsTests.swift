import Formats
import Foundation
import Testing

@testable import Tokenizers

/// What Hugging Face's tokenizers makes of awkward texts, component by component.
///
/// `Benchmarks/parity/tokenizer_vectors.py` wrote the file, and writes more for real tokenizers, which are compared
/// when `TRIMTAB_GOLDEN_TOKENS` names them.
@Suite struct GoldenVectorsTests {
  @Test(arguments: files)
  func encodesAndDecodesLikeHuggingFace(path: String) throws {
    let golden = try JSON(contentsOf: path)
    let texts = try #require(golden["texts"]?.arrayValue).compactMap(\.stringValue)
    let models = try #require(golden["models"]?.arrayValue)
    var firsts: [Int: [JSON]] = [:]
    var tally = Tally()
    for entry in try #require(golden["tokenizers"]?.arrayValue) {
      let name = try #require(entry["name"]?.stringValue)
      let tokenizer = try Self.tokenizer(entry, models: models, name: name)
      let rows = try #require(entry["encodings"]?.arrayValue)
      let first = entry["model"]?.intValue.map { firsts[$0, default: rows] } ?? rows
      if let model = entry["model"]?.intValue, firsts[model] == nil { firsts[model] = rows }
      for (index, text) in texts.enumerated() {
        let row = try #require((rows[index].isNull ? first[index] : rows[index]).arrayValue)
        Self.compare(
          tokenizer, text, row.compactMap(\.stringValue), "\(name): \(text.debugDescription)", &tally)
      }
      for decoding in try #require(entry["decodings"]?.arrayValue) {
        let ids = Self.ids(decoding[0]?.stringValue)
        let decoded = tokenizer.decode(ids)
        let expected = decoding[1]?.stringValue ?? ""
        tally.check(
          decoded.utf8.elementsEqual(expected.utf8),
          "\(name): \(ids) decodes to \(decoded.debugDescription) not \(expected.debugDescription)")
      }
    }
    print("\(URL(fileURLWithPath: path).lastPathComponent): \(tally.summary)")
    #expect(tally.failures == [])
    #expect(tally.total > 1000)
  }

  private static func compare(
    _ tokenizer: Tokenizer, _ text: String, _ row: [String], _ name: String, _ tally: inout Tally
  ) {
    let expected = ids(row[0])
    let plain = row.count > 1 ? ids(row[1]) : expected
    let encoded = tokenizer.encode(text)
    tally.check(encoded == expected, "\(name): \(encoded) not \(expected)")
    tally.check(tokenizer.encode(text, addSpecialTokens: false) == plain, "\(name), plain")
    tally.check(
      tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        == (row.count > 2 ? ids(row[2]) : plain),
      "\(name), special tokens as text")
    let decoded = tokenizer.decode(expected, skipSpecialTokens: false)
    tally.check(
      decoded.utf8.elementsEqual((row.count > 3 ? row[3] : text).utf8),
      "\(name): decodes to \(decoded.debugDescription)")
  }

  private static func tokenizer(_ entry: JSON, models: [JSON], name: String) throws -> Tokenizer {
    if let path = entry["path"]?.stringValue { return try Tokenizer.load(path: path) }
    var definition = try #require(entry["tokenizer"]?.objectValue)
    definition["model"] = models[try #require(entry["model"]?.intValue)]
    return try Tokenizer(TokenizerDefinition(.object(definition), source: name))
  }

  /// Tokens are written as one character each: U+0100 + id, the surrogates passed over.
  private static func ids(_ packed: String?) -> [TokenID] {
    (packed ?? "").unicodeScalars.map { $0.value - ($0.value < 0xD800 ? 0x100 : 0x900) }
  }

  private static let files: [String] = {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let more = ProcessInfo.processInfo.environment["TRIMTAB_GOLDEN_TOKENS"] ?? ""
    return [root.appendingPathComponent("Benchmarks/parity/golden/tokenizers.json").path]
      + more.split(separator: ":").map(String.init)
  }()
}
