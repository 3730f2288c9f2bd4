import Formats
import Foundation
import Testing
import Tokenizers

@testable import Datasets

/// A folder that is removed when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "datasets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and gives its path.
  func file(_ name: String, _ text: String) throws -> String {
    let path = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    return path
  }
}

/// Small tokenizers made by the tests.
enum SmallTokenizer {
  /// One token a byte, `<|im_start|>`, `<|im_end|>` (which ends a text) and `<s>`.
  static func bytes() throws -> Tokenizer {
    var vocabulary = JSONObject()
    var next = 256
    for byte in 0..<256 {
      let isShown = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
      let scalar = isShown ? byte : next
      next += isShown ? 0 : 1
      vocabulary[String(UnicodeScalar(UInt32(scalar)).map(Character.init) ?? " ")] = .integer(byte)
    }
    return try make(
      vocabulary: vocabulary, specials: ["<|im_start|>", "<|im_end|>", "<s>"],
      parts: [
        "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
        "decoder": ["type": "ByteLevel"],
      ])
  }

  /// One token a character, with a space put before each text, as SentencePiece's tokenizers do.
  static func spaced() throws -> Tokenizer {
    var vocabulary: JSONObject = ["<unk>": 0, "▁": 1]
    for byte in 33..<127 { vocabulary[String(UnicodeScalar(UInt8(byte)))] = .integer(byte) }
    for byte in 0..<256 {
      let digits = String(byte, radix: 16, uppercase: true)
      vocabulary["<0x\(byte < 16 ? "0" : "")\(digits)>"] = .integer(200 + byte)
    }
    return try make(
      vocabulary: vocabulary, specials: ["<s>", "<|im_end|>"],
      parts: [
        "normalizer": [
          "type": "Sequence",
          "normalizers": [
            ["type": "Prepend", "prepend": "▁"],
            ["type": "Replace", "pattern": ["String": " "], "content": "▁"],
          ],
        ],
        "decoder": [
          "type": "Sequence",
          "decoders": [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
            ["type": "Fuse"],
          ],
        ],
      ], model: ["byte_fallback": true, "unk_token": "<unk>"])
  }

  private static func make(
    vocabulary: JSONObject, specials: [String], parts: JSONObject, model options: JSONObject = [:]
  ) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    let added = specials.enumerated().map { index, content -> JSON in
      [
        "id": .integer(1000 + index), "content": .string(content), "special": true, "normalized": false,
        "single_word": false, "lstrip": false, "rstrip": false,
      ]
    }
    var model: JSONObject = ["type": "BPE", "vocab": .object(vocabulary), "merges": []]
    for (key, value) in options { model[key] = value }
    var document: JSONObject = [
      "version": "1.0", "added_tokens": .array(added), "model": .object(model), "normalizer": nil,
      "pre_tokenizer": nil, "post_processor": nil, "decoder": nil,
    ]
    for (key, value) in parts { document[key] = value }
    _ = try folder.file("tokenizer.json", JSON.object(document).text())
    _ = try folder.file("tokenizer_config.json", #"{"eos_token": "<|im_end|>", "bos_token": "<s>"}"#)
    return try Tokenizer.load(path: folder.path)
  }
}

/// The samples that lie beside the package; tests that need them are left out where they are missing.
enum Shared {
  static let folder: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path =
      ProcessInfo.processInfo.environment["TRIMTAB_SHARED"] ?? root.appending(path: "../shared").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  /// The path of a sample; nil, and said so, when it is missing.
  static func path(_ name: String) -> String? {
    guard let path = folder.map({ "\($0)/\(name)" }), FileManager.default.fileExists(atPath: path) else {
      print("left out: ../shared/\(name) is missing")
      return nil
    }
    return path
  }
}

/// What an error says to a person.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
