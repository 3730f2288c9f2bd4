import Formats

/// The tokens that every text gets at its beginning and its end.
struct PostProcessor: Sendable {
  var prefix: [TokenID] = []
  var suffix: [TokenID] = []

  /// Reads the `post_processor` of a tokenizer.json; null adds nothing.
  init(_ json: JSON, source: String) throws {
    guard !json.isNull else { return }
    try add(Component(json, part: "post_processor", source: source))
  }

  private mutating func add(_ component: Component) throws {
    switch component.type {
    case "ByteLevel":
      // Corrects offsets only.
      break
    case "Sequence":
      for part in try component.components("processors") { try add(part) }
    case "TemplateProcessing":
      try addTemplate(component)
    case "RobertaProcessing", "BertProcessing":
      prefix.insert(try Self.pairedToken(component, "cls"), at: 0)
      suffix.append(try Self.pairedToken(component, "sep"))
    default:
      throw component.unsupported(among: [
        "BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing",
      ])
    }
  }

  private mutating func addTemplate(_ component: Component) throws {
    let specialTokens = try component.required("special_tokens", \.objectValue)
    var before: [TokenID] = []
    var after: [TokenID] = []
    var hasText = false
    for part in try component.required("single", \.arrayValue) {
      if part["Sequence"] != nil {
        hasText = true
        continue
      }
      guard let name = part["SpecialToken"]?["id"]?.stringValue,
        let ids = specialTokens[name]?["ids"]?.arrayValue
      else { throw component.malformed("names a special token without ids") }
      let tokens = ids.compactMap { $0.intValue.flatMap(TokenID.init(exactly:)) }
      if hasText { after += tokens } else { before += tokens }
    }
    prefix = before + prefix
    suffix += after
  }

  /// Reads `["<s>", 0]`.
  private static func pairedToken(_ component: Component, _ key: String) throws -> TokenID {
    let pair = try component.required(key, \.arrayValue)
    guard pair.count == 2, let id = pair[1].intValue.flatMap(TokenID.init(exactly:)) else {
      throw component.malformed("has a '\(key)' that is not a token with its id")
    }
    return id
  }

  /// The `post_processor` that puts these tokens around a text; null when there are none.
  static func template(prefix: [(String, TokenID)], suffix: [(String, TokenID)]) -> JSON {
    if prefix.isEmpty && suffix.isEmpty { return .null }
    func text(_ name: String, _ type: Int) -> JSON {
      ["Sequence": ["id": .string(name), "type_id": .integer(type)]]
    }
    func special(_ tokens: [(String, TokenID)], _ type: Int) -> [JSON] {
      tokens.map { ["SpecialToken": ["id": .string($0.0), "type_id": .integer(type)]] }
    }
    func around(_ name: String, _ type: Int) -> [JSON] {
      special(prefix, type) + [text(name, type)] + special(suffix, type)
    }
    let specialTokens = (prefix + suffix).map { name, id in
      (name, ["id": .string(name), "ids": [.integer(Int(id))], "tokens": [.string(name)]] as JSON)
    }
    return [
      "type": "TemplateProcessing", "single": .array(around("A", 0)),
      "pair": .array(around("A", 0) + around("B", 1)), "special_tokens": .object(JSONObject(specialTokens)),
    ]
  }
}
