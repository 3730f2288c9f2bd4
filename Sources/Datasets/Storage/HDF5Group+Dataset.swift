import Formats

extension HDF5Group {
  /// Writes down how tokens were made.
  func write(_ tokenization: Tokenization) throws {
    try setAttribute("tokenizer", to: .string(tokenization.tokenizer))
    try setAttribute("template", to: .string(tokenization.template))
    if let fingerprint = tokenization.templateFingerprint {
      try setAttribute("template_fingerprint", to: .string(fingerprint))
    }
    try setAttribute("train_on", to: .string(tokenization.trainOn))
    if let stops = tokenization.stopTokens?.sorted() {
      try setAttribute("stop_tokens", to: .string(stops.map(String.init).joined(separator: ",")))
    }
    if let length = tokenization.maximumLength { try setAttribute("max_length", to: .integer(length)) }
    if let path = tokenization.tokenizerPath { try setAttribute("tokenizer_path", to: .string(path)) }
  }

  /// Reads how tokens were made.
  func readTokenization() throws -> Tokenization {
    let stops = try string("stop_tokens")?.split(separator: ",").compactMap { UInt32($0) }
    return Tokenization(
      tokenizer: try string("tokenizer") ?? "", template: try string("template") ?? "",
      trainOn: try string("train_on") ?? "", stopTokens: stops.map { Set($0) },
      maximumLength: try attribute("max_length")?.intValue, tokenizerPath: try string("tokenizer_path"),
      templateFingerprint: try string("template_fingerprint"))
  }

  /// The text of an attribute; nil when there is none or it is no text.
  func string(_ name: String) throws -> String? { try attribute(name)?.stringValue }
}
