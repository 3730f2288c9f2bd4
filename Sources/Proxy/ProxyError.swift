import Diagnostics

/// Why models can't be put together.
public enum ProxyError: DiagnosticError {
  case unknownToken(Int)
  case otherVocabulary(expert: String, base: String, shared: Int, example: String)
  case noAntiexpert(expert: String)
  case antiexpertMissing(path: String, expert: String)
  case antiexpertChanged(path: String, expert: String)
  case antiexpertWithoutExpert
  case expertNotSmallerFamily(expert: String, reason: String)
  case alphaNotFinite(String)
  case weightNotFinite(expert: String, String)
  case limitOutOfRange(option: String, found: String, expected: String)
  case noTokenizer(path: String)
  case noExpertToDraft

  public var diagnostics: [Diagnostic] {
    switch self {
    case .unknownToken(let id):
      [Diagnostic("the base's token \(id) is none that the expert knows", advice: "run trimtab check")]
    case .otherVocabulary(let expert, let base, let shared, let example):
      [
        Diagnostic(
          "the expert has another vocabulary than the base \(base): they share \(shared) tokens"
            + (example.isEmpty ? "" : ", not \(example)"),
          at: .init(expert), advice: "take an expert of the base's own family, with the same tokenizer")
      ]
    case .noAntiexpert(let expert):
      [
        Diagnostic(
          "nothing says what this expert was tuned from", at: .init(expert),
          advice: "name the model before tuning with --antiexpert", exitCode: .usage)
      ]
    case .antiexpertMissing(let path, let expert):
      [
        Diagnostic(
          "the model that \(expert) was tuned from isn't there", at: .init(path),
          advice: "bring it back or name it with --antiexpert", exitCode: .noInput)
      ]
    case .antiexpertChanged(let path, let expert):
      [
        Diagnostic(
          "this isn't the model that \(expert) was tuned from: its weights have changed", at: .init(path),
          advice: "name the right one with --antiexpert")
      ]
    case .antiexpertWithoutExpert:
      [
        Diagnostic(
          "--antiexpert without --expert", advice: "name the tuned model with --expert", exitCode: .usage)
      ]
    case .expertNotSmallerFamily(let expert, let reason):
      [Diagnostic(reason, at: .init(expert))]
    case .noTokenizer(let path):
      [
        Diagnostic(
          "there is no tokenizer.json", at: .init(path),
          advice: "add it, or give token ids with --tokens", exitCode: .noInput)
      ]
    case .noExpertToDraft:
      [
        Diagnostic(
          "--draft expert without --expert",
          advice: "name the tuned model with --expert, or take --draft lookup",
          exitCode: .usage)
      ]
    case .alphaNotFinite(let text):
      [Diagnostic("--alpha is \(text), expected a number", exitCode: .usage)]
    case .limitOutOfRange(let option, let found, let expected):
      [Diagnostic("\(option) is \(found), expected \(expected)", exitCode: .usage)]
    case .weightNotFinite(let expert, let text):
      [Diagnostic("the weight of --expert \(expert) is \(text), expected a number", exitCode: .usage)]
    }
  }
}
