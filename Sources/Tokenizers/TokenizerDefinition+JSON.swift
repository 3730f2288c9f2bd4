import Formats

extension TokenizerDefinition {
  /// Reads a tokenizer.json.
  ///
  /// - Throws: `FormatsError` or `TokenizerError`; every type but BPE is refused.
  init(tokenizerJSON path: String) throws {
    try self.init(JSON(contentsOf: path), source: path)
  }

  /// Reads the content of a tokenizer.json.
  init(_ json: JSON, source: String) throws {
    guard let model = json["model"], !model.isNull else {
      throw TokenizerError.malformed(problem: "this is no tokenizer.json: it has no 'model'", source: source)
    }
    let type = model["type"]?.stringValue ?? (model["merges"] == nil ? "unknown" : "BPE")
    guard type == "BPE" else {
      throw TokenizerError.unsupported(
        part: "the tokenizer model", found: type, supported: ["BPE"], source: source)
    }
    for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard let text = model[affix]?.stringValue, !text.isEmpty else { continue }
      throw TokenizerError.malformed(problem: "\(affix) is not supported", source: source)
    }
    var vocabulary = try Self.vocabulary(model["vocab"], source: source)
    merges = try Self.merges(model["merges"], vocabulary: vocabulary, source: source)
    options.fusesUnknown = model["fuse_unk"]?.boolValue ?? false
    options.fallsBackToBytes = model["byte_fallback"]?.boolValue ?? false
    options.ignoresMerges = model["ignore_merges"]?.boolValue ?? false
    options.unknown = model["unk_token"]?.stringValue.flatMap { vocabulary.id(of: $0) }
    roles.unknown = options.unknown
    addedTokens = try (json["added_tokens"]?.arrayValue ?? []).map { try AddedToken($0, source: source) }
    for index in addedTokens.indices {
      let content = addedTokens[index].content
      // A token of the vocabulary keeps its number.
      if let id = vocabulary.id(of: content) {
        addedTokens[index].id = id
      } else {
        try Self.check(Int(addedTokens[index].id), of: content, source: source)
        vocabulary.insert(content, as: addedTokens[index].id)
      }
    }
    self.vocabulary = vocabulary
    self.source = source
    normalizer = json["normalizer"] ?? .null
    preTokenizer = json["pre_tokenizer"] ?? .null
    postProcessor = json["post_processor"] ?? .null
    decoder = json["decoder"] ?? .null
  }

  /// Far above every real vocabulary; keeps a damaged file from asking for absurd amounts of memory.
  private static let largestIdentifier = 1 << 24

  private static func check(_ id: Int, of piece: String, source: String) throws {
    guard (0...largestIdentifier).contains(id) else {
      throw TokenizerError.malformed(problem: "the token '\(piece)' has the absurd id \(id)", source: source)
    }
  }

  private static func vocabulary(_ json: JSON?, source: String) throws -> Vocabulary {
    guard let members = json?.objectValue else {
      throw TokenizerError.malformed(problem: "the model has no 'vocab' object", source: source)
    }
    var vocabulary = Vocabulary(minimumCapacity: members.count)
    for (piece, value) in members {
      guard let id = value.intValue else {
        throw TokenizerError.malformed(problem: "the token '\(piece)' has no whole id", source: source)
      }
      try check(id, of: piece, source: source)
      vocabulary.insert(piece, as: TokenID(id))
    }
    return vocabulary
  }

  private static func merges(_ json: JSON?, vocabulary: Vocabulary, source: String) throws -> [Merge] {
    var merges: [Merge] = []
    for (index, entry) in (json?.arrayValue ?? []).enumerated() {
      guard let (left, right) = pair(entry) else {
        throw TokenizerError.malformed(problem: "merge \(index) is not a pair of tokens", source: source)
      }
      merges.append(try Merge(left, right, vocabulary: vocabulary, number: index, source: source))
    }
    return merges
  }

  /// The two sides of a merge, written as `"a b"` or `["a", "b"]`.
  private static func pair(_ json: JSON) -> (left: [UInt8], right: [UInt8])? {
    if let text = json.stringValue {
      let sides = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      return sides.count == 2 ? (Array(sides[0]), Array(sides[1])) : nil
    }
    guard let left = json[0]?.stringValue, let right = json[1]?.stringValue else { return nil }
    return (Array(left.utf8), Array(right.utf8))
  }
}

extension Merge {
  /// The merge of two pieces, all three of which must be in the vocabulary.
  init(_ left: [UInt8], _ right: [UInt8], vocabulary: Vocabulary, number: Int, source: String) throws {
    func id(_ piece: [UInt8]) throws -> TokenID {
      guard let id = vocabulary.id(of: piece.span) else {
        let problem = "merge \(number) needs '\(piece.string)', which is not in the vocabulary"
        throw TokenizerError.malformed(problem: problem, source: source)
      }
      return id
    }
    self.init(left: try id(left), right: try id(right), result: try id(left + right))
  }
}

// MARK: - Writing

extension TokenizerDefinition {
  /// The content of a tokenizer.json that Hugging Face's tokenizers reads to the same tokenizer.
  var json: JSON {
    func piece(_ id: TokenID) -> JSON { .string(vocabulary[id].map { Array($0).string } ?? "") }
    // Added tokens stand in the vocabulary, too: otherwise Hugging Face numbers them anew, from its end.
    let members =
      (0..<TokenID(vocabulary.count)).compactMap { id in
        vocabulary[id].flatMap {
          vocabulary.id(of: Array($0).span) == id ? (Array($0).string, .integer(Int(id))) : nil
        }
      } as [(String, JSON)]
    return [
      "version": "1.0", "truncation": nil, "padding": nil,
      "added_tokens": .array(addedTokens.sorted { $0.id < $1.id }.map(\.json)),
      "normalizer": normalizer, "pre_tokenizer": preTokenizer, "post_processor": postProcessor,
      "decoder": decoder,
      "model": [
        "type": "BPE", "dropout": nil, "unk_token": options.unknown.map(piece) ?? .null,
        "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
        "fuse_unk": .bool(options.fusesUnknown), "byte_fallback": .bool(options.fallsBackToBytes),
        "ignore_merges": .bool(options.ignoresMerges), "vocab": .object(JSONObject(members)),
        "merges": .array(merges.map { [piece($0.left), piece($0.right)] }),
      ],
    ]
  }
}
