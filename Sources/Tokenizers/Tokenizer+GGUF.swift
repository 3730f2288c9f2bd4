import Formats

extension Tokenizer {
  /// The entries that describe this tokenizer in a GGUF's metadata.
  ///
  /// - Parameter rows: How many tokens the model has; the numbers beyond the vocabulary are filled up.
  /// - Throws: `TokenizerError` for a way of cutting text that GGUF has no name for.
  public func ggufMetadata(rows: Int) throws -> [(key: String, value: GGUFValue)] {
    if GGUFFile.isGGUF(definition.source) {
      let file = try GGUFFile(path: definition.source)
      return file.metadataKeys.filter { $0.hasPrefix("tokenizer.") }
        .compactMap { key in file.metadata[key].map { (key, $0) } }
    }
    let count = max(rows, vocabularySize)
    var entries: [(key: String, value: GGUFValue)] = try kindEntries(count: count)
    entries.append(("tokens", .strings((0..<count).map(piece))))
    entries.append(("token_type", .integers(types(count: count).map { Int32($0.rawValue) })))
    let roles = definition.roles
    let named = [
      ("bos", roles.beginningOfSequence), ("eos", roles.endOfSequence), ("unknown", roles.unknown),
      ("padding", roles.padding),
    ]
    for (role, id) in named {
      if let id { entries.append(("\(role)_token_id", .uint32(id))) }
    }
    // What else ends an answer; readers know two such roles.
    let stops = stopTokens.subtracting([roles.endOfSequence].compactMap { $0 }).sorted()
    for (role, id) in zip(["eot", "eom"], stops) { entries.append(("\(role)_token_id", .uint32(id))) }
    entries.append(("add_bos_token", .bool(addsBeginningOfSequence)))
    entries.append(("add_eos_token", .bool(addsEndOfSequence)))
    return entries.map { ("tokenizer.ggml.\($0.key)", $0.value) } + chatTemplateEntries
  }

  /// What is special to the kind of vocabulary: byte-level ones have merges, SentencePiece's have scores.
  private func kindEntries(count: Int) throws -> [(key: String, value: GGUFValue)] {
    if definition.options.fallsBackToBytes, let prefixesSpace = prefixesSpace {
      return [
        ("model", .string("llama")), ("pre", .string("default")),
        ("add_space_prefix", .bool(prefixesSpace)), ("scores", .floats(scores(count: count))),
      ]
    }
    guard preTokenizer.isByteLevel, let name = GGUFPreTokenizer.name(of: definition) else {
      throw TokenizerError.unsupported(
        part: "for a GGUF the pre-tokenizer", found: definition.preTokenizer.text(),
        supported: ["those that GGUF has names for"], source: definition.source)
    }
    let merges = definition.merges.map { "\(token(for: $0.left)) \(token(for: $0.right))" }
    return [("model", .string("gpt2")), ("pre", .string(name)), ("merges", .strings(merges))]
  }

  /// Whether SentencePiece's space mark is put in front of a text; nil where the normaliser isn't SentencePiece's.
  private var prefixesSpace: Bool? {
    guard definition.preTokenizer == .null else { return nil }
    return [true, false].first {
      definition.normalizer == TokenizerDefinition.sentencePieceNormalizer(prefixesSpace: $0)
    }
  }

  /// Scores that order the pieces as the merges do.
  private func scores(count: Int) -> [Float] {
    var scores = [Float](repeating: -Float(definition.merges.count), count: count)
    for (rank, merge) in definition.merges.enumerated().reversed() {
      scores[Int(merge.result)] = -Float(rank)
    }
    return scores
  }

  private func piece(_ id: Int) -> String {
    definition.vocabulary[TokenID(id)].map { Array($0).string } ?? "[PAD\(id)]"
  }

  private func types(count: Int) -> [GGUFVocabulary.TokenType] {
    var types = (0..<count).map { id -> GGUFVocabulary.TokenType in
      definition.vocabulary[TokenID(id)] == nil ? .unused : .normal
    }
    if definition.options.fallsBackToBytes {
      for byte in UInt8.min...UInt8.max {
        if let id = definition.vocabulary.id(of: BytePairModel.name(ofByte: byte)) { types[Int(id)] = .byte }
      }
    }
    for token in definition.addedTokens { types[Int(token.id)] = token.isSpecial ? .control : .userDefined }
    if definition.options.fallsBackToBytes, let unknown = definition.roles.unknown {
      types[Int(unknown)] = .unknown
    }
    return types
  }

  private var chatTemplateEntries: [(key: String, value: GGUFValue)] {
    var entries: [(key: String, value: GGUFValue)] = []
    var others: [String] = []
    for template in definition.chatTemplates {
      if template.name == TokenizerDefinition.defaultTemplateName {
        entries.append(("tokenizer.chat_template", .string(template.source)))
      } else {
        others.append(template.name)
        entries.append(("tokenizer.chat_template.\(template.name)", .string(template.source)))
      }
    }
    if !others.isEmpty { entries.append(("tokenizer.chat_templates", .strings(others))) }
    return entries
  }
}
