import Diagnostics
import Formats
import Foundation
import Testing

@testable import Tokenizers

/// What is damaged or isn't supported is refused, with one line that says what and where.
@Suite struct RefusalTests {
  private static let vocabulary: JSON = ["a": 0, "b": 1, "ab": 2]

  private static func definition(model: JSONObject = [:], _ parts: JSONObject = [:]) -> JSON {
    var members: JSONObject = ["type": "BPE", "vocab": vocabulary, "merges": ["a b"]]
    for (key, value) in model { members[key] = value }
    var definition = parts
    definition["model"] = .object(members)
    return .object(definition)
  }

  private static func split(_ pattern: String) -> JSON {
    definition([
      "pre_tokenizer": ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated"]
    ])
  }

  static let cases: [(JSON, String)] = [
    ([], "this is no tokenizer.json: it has no 'model'"),
    (
      definition(model: ["type": "WordPiece"]),
      "the tokenizer model 'WordPiece' is not supported; supported: BPE"
    ),
    (
      definition(model: ["type": "Unigram"]), "the tokenizer model 'Unigram' is not supported; supported: BPE"
    ),
    (definition(model: ["end_of_word_suffix": "</w>"]), "end_of_word_suffix is not supported"),
    (definition(model: ["vocab": []]), "the model has no 'vocab' object"),
    (definition(model: ["vocab": ["a": "x"]]), "the token 'a' has no whole id"),
    (definition(model: ["vocab": ["a": -1]]), "the token 'a' has the absurd id -1"),
    (definition(model: ["vocab": ["a": 4_000_000_000]]), "the token 'a' has the absurd id 4000000000"),
    (definition(model: ["merges": ["a b c"]]), "merge 0 is not a pair of tokens"),
    (definition(model: ["merges": [["a"]]]), "merge 0 is not a pair of tokens"),
    (definition(model: ["merges": ["a b", "a c"]]), "merge 1 needs 'c', which is not in the vocabulary"),
    (definition(model: ["merges": ["b a"]]), "merge 0 needs 'ba', which is not in the vocabulary"),
    (definition(["added_tokens": [["content": "x"]]]), "an added token lacks its content or id"),
    (definition(["normalizer": [:]]), "normalizer has no type"),
    (
      definition(["normalizer": ["type": "BertNormalizer"]]),
      "normalizer 'BertNormalizer' is not supported; supported: Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Replace, "
        + "Sequence, Strip, StripAccents"
    ),
    (definition(["normalizer": ["type": "Prepend"]]), "normalizer Prepend lacks 'prepend'"),
    (
      definition(["normalizer": ["type": "Prepend", "prepend": 3]]),
      "normalizer Prepend has a 'prepend' of the wrong kind"
    ),
    (
      definition(["pre_tokenizer": ["type": "Bytelevel"]]),
      "pre_tokenizer 'Bytelevel' is not supported; supported: ByteLevel, CharDelimiterSplit, Digits, Metaspace, "
        + "Punctuation, Sequence, Split, Whitespace, WhitespaceSplit; did you mean 'ByteLevel'?"
    ),
    (split("(a"), "the pattern '(a' can't be used: missing closing parenthesis"),
    (split("[a&&b]"), "the pattern '[a&&b]' can't be used: the intersection of sets (&&) is not supported"),
    (split("[a[^b]]"), "the pattern '[a[^b]]' can't be used: a negated set inside a set is not supported"),
    (split("a{1,3}+"), "the pattern 'a{1,3}+' can't be used: '+' after an interval is not supported"),
    (split("[a"), "the pattern '[a' can't be used: a set is not closed"),
    (
      definition(["decoder": ["type": "WordPiece"]]),
      "decoder 'WordPiece' is not supported; supported: ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, "
        + "Strip"
    ),
    (definition(["decoder": ["type": "Strip", "content": ""]]), "decoder Strip has an empty 'content'"),
    (
      definition(["post_processor": ["type": "TemplateProcessing", "single": []]]),
      "post_processor TemplateProcessing lacks 'special_tokens'"
    ),
  ]

  @Test(arguments: cases)
  func tokenizerJSON(json: JSON, problem: String) throws {
    #expect {
      try Tokenizer(TokenizerDefinition(json, source: "t.json"))
    } throws: { error in
      let text = "\(error)"
      return text == "t.json: \(problem)"
    }
  }

  @Test(arguments: [#"\p{L}+"#, #"\x{61}+"#, #"\p{L}{1,3}|b+"#, #"a{+"#, #"[a{1}+]"#, #"(?:a{1,3})+"#])
  func bracesThatAreNoIntervalBeforeAPlusAreTaken(_ pattern: String) throws {
    _ = try Tokenizer(TokenizerDefinition(Self.split(pattern), source: "t.json"))
  }

  @Test func strippingEndsWithTheText() throws {
    let everywhere: JSON = [
      "type": "Strip", "content": "a", "start": .integer(.max), "stop": .integer(.max),
    ]
    let inFront: JSON = ["type": "Strip", "content": "a", "start": .integer(.max)]
    let fused: JSON = ["type": "Sequence", "decoders": [["type": "Fuse"], inFront]]
    for decoder in [everywhere, fused] {
      let tokenizer = try Tokenizer(
        TokenizerDefinition(Self.definition(["decoder": decoder]), source: "t.json"))
      #expect(tokenizer.decode([0, 0, 1] as [TokenID]) == "b")
    }
  }

  @Test func exitCodes() throws {
    func exitCode(_ path: String) -> Diagnostics.ExitStatus? {
      do {
        _ = try Tokenizer.load(path: path)
        return nil
      } catch let error as any DiagnosticError {
        return error.diagnostics.first?.exitCode
      } catch {
        return nil
      }
    }
    try withTemporaryFolder { folder in
      #expect(exitCode(folder + "/none") == .noInput)
      #expect(exitCode(folder) == .noInput)
      try "{".write(toFile: folder + "/tokenizer.json", atomically: true, encoding: .utf8)
      #expect(exitCode(folder) == .badData)
      try "GGUF".write(toFile: folder + "/x.gguf", atomically: true, encoding: .utf8)
      #expect(exitCode(folder + "/x.gguf") == .badData)
    }
  }
}
