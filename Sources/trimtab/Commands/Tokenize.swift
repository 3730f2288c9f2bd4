import ArgumentParser
import Formats
import Foundation
import Tokenizers

/// `trimtab tokenize`: a text's or a chat's tokens.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Token ids of a text, or of a chat rendered by the model's template.")

  @Argument(help: "A model, a tokenizer.json or a vocabulary-only .gguf.") var model: String
  @Option(parsing: .unconditional, help: "The text.") var text: String?
  @Option(help: "A file with the text.") var file: String?
  @Option(help: "A JSON file {\"messages\": […], \"tools\": …, \"add_generation_prompt\": true}.")
  var messages: String?
  @Flag(help: "Leave out begin- and end-of-text tokens.") var noSpecial = false
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    try TextInput.exactlyOne([
      ("--text", text != nil), ("--file", file != nil), ("--messages", messages != nil),
    ])
    let tokenizer = try Tokenizer.load(path: model)
    var value = JSONObject()
    let ids: [TokenID]
    if let messages {
      let request = try JSON(contentsOf: messages)
      let rendered = try tokenizer.renderChat(request, source: messages)
      ids = tokenizer.encode(rendered, addSpecialTokens: false)
      value["text"] = .string(rendered)
    } else {
      let text = try text ?? file.map(TextInput.file) ?? ""
      ids = tokenizer.encode(text, addSpecialTokens: !noSpecial)
    }
    value["ids"] = .array(ids.map { .integer(Int($0)) })
    if json {
      Console.result(JSON.object(value).text())
    } else {
      if let rendered = value["text"]?.stringValue { Console.result(rendered) }
      for id in ids { Console.result("\(id)\t\(tokenizer.token(for: id).debugDescription)") }
    }
  }
}
