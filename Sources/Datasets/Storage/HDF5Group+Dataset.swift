import Formats

extension HDF5Group {
  /// Writes down how tokens were made.
  func write(_ tokenization: Tokenization) throws {
    try setAttribute("tokenizer", to: .string(tokenization.tokenizer))
    try setAttribute("template", to: .string(tokenization.template))
    try setAttribute("train_on", to: .string(tokenization.trainOn))
    let stops = tokenization.stopTokens.sorted().map(String.init).joined(separator: ",")
    try setAttribute("stop_tokens", to: .string(stops))
    if let length = tokenization.maximumLength { try setAttribute("max_length", to: .integer(length)) }
    if let path = tokenization.tokenizerPath { try setAttribute("tokenizer_path", to: .string(path)) }
  }

  /// Reads how tokens were made.
  func readTokenization() throws -> Tokenization {
    let stops = try string("stop_tokens") ?? ""
    return Tokenization(
      tokenizer: try string("tokenizer") ?? "", template: try string("template") ?? "",
      trainOn: try string("train_on") ?? "",
      stopTokens: Set(stops.split(separator: ",").compactMap { UInt32($0) }),
      maximumLength: try attribute("max_length")?.intValue, tokenizerPath: try string("tokenizer_path"))
  }

  /// The text of an attribute; nil when there is none or it is no text.
  func string(_ name: String) throws -> String? { try attribute(name)?.stringValue }
}
