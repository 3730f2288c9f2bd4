import Formats

extension TokenizerDefinition {
  /// Reads the vocabulary in a GGUF file's metadata.
  ///
  /// - Throws: `TokenizerError`; kinds other than `gpt2` (byte-level) and `llama` (SentencePiece) are refused.
  init(_ file: GGUFFile) throws {
    let entries = GGUFVocabulary(file)
    guard let kind = file.metadata["tokenizer.ggml.model"]?.stringValue else {
      throw entries.malformed("the file holds no tokenizer (no tokenizer.ggml.model)")
    }
    let pieces = try entries.pieces()
    source = file.path
    vocabulary = Vocabulary(minimumCapacity: pieces.count)
    for (id, piece) in pieces.enumerated() { vocabulary.insert(piece, as: TokenID(id)) }
    merges = []
    let types = try entries.types(count: pieces.count)
    addedTokens = entries.addedTokens(pieces, types)
    let addsBeginning: Bool
    switch kind {
    case "gpt2":
      let name = entries.string("pre") ?? "default"
      let pre = try GGUFPreTokenizer.named(name, source: file.path)
      normalizer = pre.normalizer
      preTokenizer = pre.preTokenizer
      decoder = GGUFPreTokenizer.byteLevel(usesExpression: true)
      options.ignoresMerges = pre.ignoresMerges
      addsBeginning = pre.addsBeginningOfSequence
      merges = try entries.merges(vocabulary)
    case "llama":
      let prefixesSpace = entries.bool("add_space_prefix") ?? true
      normalizer = Self.sentencePieceNormalizer(prefixesSpace: prefixesSpace)
      decoder = Self.sentencePieceDecoder(stripsSpace: prefixesSpace)
      options.fusesUnknown = true
      options.fallsBackToBytes = true
      options.unknown = entries.token("unknown", among: pieces) ?? 0
      addsBeginning = true
      merges = try SentencePieceMerges.merges(
        vocabulary, scores: entries.scores(count: pieces.count), types: types)
    default:
      throw TokenizerError.unsupported(
        part: "the tokenizer model", found: kind, supported: ["gpt2", "llama"], source: file.path)
    }
    roles.beginningOfSequence = entries.token("bos", among: pieces) ?? (kind == "llama" ? 1 : nil)
    roles.endOfSequence = entries.token("eos", among: pieces) ?? (kind == "llama" ? 2 : nil)
    roles.unknown = entries.token("unknown", among: pieces) ?? options.unknown
    roles.padding = entries.token("padding", among: pieces)
    roles.stops = Set(["eot", "eom"].compactMap { entries.token($0, among: pieces) })
    addStopsByName()
    postProcessor = PostProcessor.template(
      prefix: entries.bool("add_bos_token") ?? addsBeginning ? named(roles.beginningOfSequence) : [],
      suffix: entries.bool("add_eos_token") ?? false ? named(roles.endOfSequence) : [])
    chatTemplates = entries.chatTemplates()
  }

  private func named(_ id: TokenID?) -> [(String, TokenID)] {
    guard let id, let piece = vocabulary[id] else { return [] }
    return [(Array(piece).string, id)]
  }

  static func sentencePieceNormalizer(prefixesSpace: Bool) -> JSON {
    let replace: JSON = ["type": "Replace", "pattern": ["String": " "], "content": "\u{2581}"]
    let prepend: JSON = ["type": "Prepend", "prepend": "\u{2581}"]
    return ["type": "Sequence", "normalizers": prefixesSpace ? [prepend, replace] : [replace]]
  }

  private static func sentencePieceDecoder(stripsSpace: Bool) -> JSON {
    let replace: JSON = ["type": "Replace", "pattern": ["String": "\u{2581}"], "content": " "]
    let strip: JSON = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
    let parts: [JSON] = [replace, ["type": "ByteFallback"], ["type": "Fuse"]]
    return ["type": "Sequence", "decoders": .array(stripsSpace ? parts + [strip] : parts)]
  }
}

/// The `tokenizer.ggml` entries of a GGUF file.
struct GGUFVocabulary {
  /// What kind of token a piece is.
  enum TokenType: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  private let file: GGUFFile

  init(_ file: GGUFFile) { self.file = file }

  private func entry(_ name: String) -> GGUFValue? { file.metadata["tokenizer.ggml.\(name)"] }

  func string(_ name: String) -> String? { entry(name)?.stringValue }

  func bool(_ name: String) -> Bool? { entry(name)?.boolValue }

  /// The token with a role, unless there is none or its number is none of the vocabulary's.
  func token(_ role: String, among pieces: [String]) -> TokenID? {
    guard let id = entry("\(role)_token_id")?.intValue, pieces.indices.contains(id) else { return nil }
    return TokenID(id)
  }

  func malformed(_ problem: String) -> TokenizerError { .malformed(problem: problem, source: file.path) }

  func pieces() throws -> [String] {
    guard let pieces = entry("tokens")?.strings, !pieces.isEmpty else {
      throw malformed("the file holds no tokens (tokenizer.ggml.tokens)")
    }
    return pieces
  }

  /// The type of each token; all are normal where the file doesn't say.
  func types(count: Int) throws -> [TokenType] {
    guard let types = entry("token_type") else { return Array(repeating: .normal, count: count) }
    guard let numbers = types.integers, numbers.count >= count else {
      throw malformed("tokenizer.ggml.token_type has not one number for each token")
    }
    return numbers.prefix(count).map { TokenType(rawValue: $0) ?? .normal }
  }

  /// The score of each token, by which SentencePiece chooses the next merge.
  func scores(count: Int) throws -> [Float] {
    guard let scores = entry("scores")?.floats, scores.count >= count else {
      throw malformed("tokenizer.ggml.scores has not one number for each token")
    }
    return Array(scores.prefix(count))
  }

  /// The merges of a byte-level vocabulary; those of pieces that the vocabulary lacks can't apply and are left out.
  func merges(_ vocabulary: Vocabulary) throws -> [Merge] {
    guard let lines = entry("merges")?.strings else {
      throw malformed("the file holds no merges (tokenizer.ggml.merges)")
    }
    return lines.compactMap { line in
      let bytes = Array(line.utf8)
      guard let space = bytes.dropFirst().firstIndex(of: UInt8(ascii: " ")) else { return nil }
      let (left, right) = (Array(bytes[..<space]), Array(bytes[(space + 1)...]))
      return try? Merge(left, right, vocabulary: vocabulary, number: 0, source: file.path)
    }
  }

  /// Control tokens, which are special, and tokens that users defined, which are text.
  func addedTokens(_ pieces: [String], _ types: [TokenType]) -> [AddedToken] {
    pieces.indices.compactMap { id in
      // Older converters call the tokens that fill up an embedding user-defined.
      if pieces[id].utf8.elementsEqual("[PAD\(id)]".utf8) { return nil }
      return switch types[id] {
      case .control, .unknown: AddedToken(id: TokenID(id), content: pieces[id])
      case .userDefined: AddedToken(id: TokenID(id), content: pieces[id], isSpecial: false)
      case .normal, .unused, .byte: nil
      }
    }
  }

  func chatTemplates() -> [(name: String, source: String)] {
    var templates: [(name: String, source: String)] = []
    if let template = file.metadata["tokenizer.chat_template"]?.stringValue {
      templates.append((TokenizerDefinition.defaultTemplateName, template))
    }
    for name in file.metadata["tokenizer.chat_templates"]?.strings ?? [] {
      guard let template = file.metadata["tokenizer.chat_template.\(name)"]?.stringValue else { continue }
      templates.append((name, template))
    }
    return templates
  }
}
