import Diagnostics

/// What can go wrong while decoding.
public enum DecodingError: DiagnosticError {
  case contextExceeded(needed: Int, limit: Int)
  case emptyPrompt
  case tokenOutOfRange(Int, vocabularySize: Int)
  case nothingToChoose
  case invalidOption(String, found: String, expected: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .contextExceeded(let needed, let limit):
      [
        Diagnostic(
          "the sequence needs \(needed) tokens, the model reads at most \(limit)",
          advice: "shorten the prompt or generate fewer tokens")
      ]
    case .emptyPrompt:
      [
        Diagnostic(
          "the prompt holds no token", advice: "give some text; this model has no token to begin with",
          exitCode: .usage)
      ]
    case .tokenOutOfRange(let id, let vocabularySize):
      [
        Diagnostic(
          "there is no token \(id)", advice: "the vocabulary ends at \(vocabularySize - 1)", exitCode: .usage)
      ]
    case .nothingToChoose:
      [
        Diagnostic(
          "no token can be chosen: none of the model's logits is a number",
          advice: "its weights are damaged, or its numbers overflow; see whether --precision fp32 helps")
      ]
    case .invalidOption(let name, let found, let expected):
      [Diagnostic("\(name) is \(found), expected \(expected)", exitCode: .usage)]
    }
  }
}
