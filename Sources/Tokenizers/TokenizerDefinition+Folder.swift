import Formats
import Foundation

extension TokenizerDefinition {
  /// Reads the tokenizer.json of a transformers folder with the files beside it that say what its tokens are for.
  init(folder: String) throws {
    try self.init(tokenizerJSON: folder + "/tokenizer.json")
    var settings = try Self.optionalFile("tokenizer_config.json", in: folder) ?? [:]
    // An old name for a part of the same; the newer file wins.
    for (key, value) in try Self.optionalFile("special_tokens_map.json", in: folder) ?? [:]
    where settings[key] == nil {
      settings[key] = value
    }
    try apply(settings)
    for file in ["config.json", "generation_config.json"] {
      let ends = try Self.optionalFile(file, in: folder)?["eos_token_id"]
      for end in ends?.arrayValue ?? ends.map({ [$0] }) ?? [] {
        if let id = end.intValue.flatMap(TokenID.init(exactly:)) { roles.stops.insert(id) }
      }
    }
    let templatePath = folder + "/chat_template.jinja"
    if FileManager.default.fileExists(atPath: templatePath) {
      let template = try MappedFile(path: templatePath)
      chatTemplates.removeAll { $0.name == Self.defaultTemplateName }
      chatTemplates.append(
        (Self.defaultTemplateName, template.withBytes { String(decoding: $0, as: UTF8.self) }))
    }
  }

  /// The name of the template that is used when none is asked for.
  static let defaultTemplateName = "default"
  /// The name of the template for conversations that offer tools.
  static let toolTemplateName = "tool_use"

  private static func optionalFile(_ name: String, in folder: String) throws -> JSONObject? {
    let path = "\(folder)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let object = try JSON(contentsOf: path).objectValue else {
      throw TokenizerError.malformed(problem: "this is not a JSON object", source: path)
    }
    return object
  }

  /// Takes the roles of tokens, the chat templates and the rest out of a tokenizer_config.json.
  private mutating func apply(_ settings: JSONObject) throws {
    configuration = settings
    func token(_ key: String) -> TokenID? {
      let text = settings[key]?.stringValue ?? settings[key]?["content"]?.stringValue
      return text.flatMap { vocabulary.id(of: $0) }
    }
    roles.beginningOfSequence = token("bos_token")
    roles.endOfSequence = token("eos_token")
    roles.unknown = token("unk_token") ?? options.unknown
    roles.padding = token("pad_token")
    addStopsByName()
    if let template = settings["chat_template"]?.stringValue {
      chatTemplates = [(Self.defaultTemplateName, template)]
    }
    for named in settings["chat_template"]?.arrayValue ?? [] {
      guard let name = named["name"]?.stringValue, let template = named["template"]?.stringValue else {
        continue
      }
      chatTemplates.append((name, template))
    }
    // transformers changes the post-processor of a Llama tokenizer to fit these two.
    guard settings["tokenizer_class"]?.stringValue?.hasPrefix("Llama") == true else { return }
    try addEnds(
      beginning: settings["add_bos_token"]?.boolValue, end: settings["add_eos_token"]?.boolValue)
  }

  /// Makes the post-processor add, or not add, the tokens that begin and end a text.
  private mutating func addEnds(beginning: Bool?, end: Bool?) throws {
    let current = try PostProcessor(postProcessor, source: source)
    func ends(_ role: TokenID?, _ wanted: Bool?, _ now: [TokenID]) -> [TokenID] {
      guard let role, let wanted, wanted != now.contains(role) else { return now }
      return wanted ? [role] : now.filter { $0 != role }
    }
    let prefix = ends(roles.beginningOfSequence, beginning, current.prefix)
    let suffix = ends(roles.endOfSequence, end, current.suffix)
    guard prefix != current.prefix || suffix != current.suffix else { return }
    func named(_ id: TokenID) -> (String, TokenID) { (vocabulary[id].map { Array($0).string } ?? "", id) }
    postProcessor = PostProcessor.template(prefix: prefix.map(named), suffix: suffix.map(named))
  }

  /// Adds the special tokens that are known by name to end a turn to those that end a generation.
  mutating func addStopsByName() {
    let special = Set(addedTokens.filter(\.isSpecial).map(\.id))
    for name in TokenRoles.endsOfTurn {
      if let id = vocabulary.id(of: name), special.contains(id) { roles.stops.insert(id) }
    }
  }
}
