import Formats
import Foundation

extension Tokenizer {
  /// Writes `tokenizer.json` and `tokenizer_config.json`, from which transformers and this package load the same
  /// tokenizer, whatever file it came from.
  ///
  /// - Parameter folder: the model's folder; created if it isn't there.
  /// - Throws: `FormatsError` when it can't be written.
  public func save(to folder: String) throws {
    try Folder.create(folder)
    try AtomicFile.write(definition.json.text() + "\n", to: folder + "/tokenizer.json")
    try AtomicFile.write(
      definition.configurationJSON.text(pretty: true) + "\n", to: folder + "/tokenizer_config.json")
  }
}

extension TokenizerDefinition {
  /// The content of a tokenizer_config.json: what was there, or else what transformers needs.
  var configurationJSON: JSON {
    var settings = configuration
    func setDefault(_ key: String, _ value: JSON) { if settings[key] == nil { settings[key] = value } }
    setDefault("tokenizer_class", "PreTrainedTokenizerFast")
    setDefault("clean_up_tokenization_spaces", false)
    let named = [
      ("bos_token", roles.beginningOfSequence), ("eos_token", roles.endOfSequence),
      ("unk_token", roles.unknown), ("pad_token", roles.padding),
    ]
    for (key, id) in named {
      if let id, let piece = vocabulary[id] { setDefault(key, .string(Array(piece).string)) }
    }
    switch chatTemplates.count {
    case 0: settings["chat_template"] = nil
    case 1 where chatTemplates[0].name == Self.defaultTemplateName:
      settings["chat_template"] = .string(chatTemplates[0].source)
    default:
      settings["chat_template"] = .array(
        chatTemplates.map { ["name": .string($0.name), "template": .string($0.source)] })
    }
    return .object(settings)
  }
}
