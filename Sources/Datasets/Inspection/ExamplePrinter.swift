import Tokenizers

/// Shows the tokens of an example as text, the part that the loss counts marked.
public struct ExamplePrinter: Sendable {
  /// How the part that counts is marked.
  public enum Marks: Sendable {
    /// Between the brackets ⟦ and ⟧.
    case brackets
    /// In green, by a terminal's escape sequences.
    case color
  }

  private let tokenizer: Tokenizer
  private let opening: String
  private let closing: String

  public init(tokenizer: Tokenizer, marks: Marks) {
    self.tokenizer = tokenizer
    (opening, closing) = marks == .color ? ("\u{1B}[32m", "\u{1B}[0m") : ("⟦", "⟧")
  }

  /// The text of the tokens, special ones as they are written.
  public func text(_ example: TokenizedExample) -> String {
    var text = ""
    var end = 0
    for range in example.trainedRanges {
      text += decoded(example.ids[end..<range.lowerBound]) + opening + decoded(example.ids[range]) + closing
      end = range.upperBound
    }
    return text + decoded(example.ids[end...])
  }

  /// The first examples of a split, each under a line that counts its tokens.
  public func texts(_ examples: TokenizedExamples, split: String, first count: Int) -> [String] {
    (0..<min(max(count, 0), examples.count)).map { index in
      let example = examples[index]
      let counts = "\(example.ids.count) tokens, \(example.lossTokenCount) in the loss"
      return "\(split) \(index): \(counts)\n\(text(example))"
    }
  }

  /// The text of a run of tokens; control characters, which a terminal would obey, are written out.
  private func decoded(_ ids: ArraySlice<TokenID>) -> String {
    let text = String(decoding: ids.flatMap { tokenizer.bytes(of: $0) }, as: UTF8.self)
    return String(
      text.unicodeScalars.map { scalar in
        let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
        return isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
      }.joined())
  }
}
