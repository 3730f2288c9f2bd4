import Decoding
import Formats
import Models
import Tokenizers

/// One thing found when models are held against each other before they are put together.
public struct Finding: Sendable, Hashable {
  public enum Level: String, Sendable, Hashable {
    case fits, warning, refused
  }

  public let level: Level
  public let subject: String
  public let text: String

  public init(_ level: Level, _ subject: String, _ text: String) {
    self.level = level
    self.subject = subject
    self.text = text
  }

  public var json: JSON {
    .object(["level": .string(level.rawValue), "subject": .string(subject), "text": .string(text)])
  }
}

/// Whether a base, an expert and an antiexpert fit together, and why not: `trimtab check`.
public struct CompatibilityCheck {
  public let findings: [Finding]
  public let vocabulary: VocabularyComparison
  /// What forbids putting them together.
  public let refusal: ProxyError?

  /// - Parameter source: What the expert says it was tuned from; nil where it says nothing, or is believed.
  init(
    base: LoadedModel, expert: LoadedModel, antiexpert: LoadedModel, tunedFrom source: Provenance.Source?
  ) {
    var findings: [Finding] = []
    var refusal: ProxyError?
    let widths = (base.languageModel.vocabularySize, expert.languageModel.vocabularySize)
    if let baseTokenizer = base.tokenizer, let expertTokenizer = expert.tokenizer {
      vocabulary = VocabularyComparison(
        base: baseTokenizer, baseWidth: widths.0, expert: expertTokenizer, expertWidth: widths.1)
      findings += CompatibilityCheck.tokenizers(baseTokenizer, expertTokenizer)
      findings.append(CompatibilityCheck.templates(baseTokenizer, expertTokenizer))
    } else {
      vocabulary = VocabularyComparison(baseWidth: widths.0, expertWidth: widths.1)
      findings.append(
        Finding(
          .warning, "tokenizer", "a model has none, so that only the width of its logits can be checked"))
    }
    findings.insert(CompatibilityCheck.finding(vocabulary), at: 0)
    if vocabulary.map == nil {
      refusal = .otherVocabulary(
        expert: expert.path, base: base.path, shared: vocabulary.shared,
        example: vocabulary.missing.first.map { "\"\($0)\"" } ?? "")
    }
    if let reason = antiexpert.misfit(asAntiexpertOf: expert.tokenizer, width: widths.1) {
      findings.append(Finding(.refused, "antiexpert", reason))
      refusal = refusal ?? .expertNotSmallerFamily(expert: expert.path, reason: reason)
    } else if let source, !source.fingerprint.isEmpty,
      "\(antiexpert.checkpoint.fingerprint)" != source.fingerprint
    {
      // Not refused: a converted copy has other bytes and may well be meant.
      let tunedFrom = Provenance.resolved(source.path, from: expert.path)
      findings.append(
        Finding(
          .warning, "antiexpert",
          "\(antiexpert.path) isn't what \(expert.path) was tuned from, which is \(tunedFrom); unless it is a "
            + "converted copy, leave --antiexpert out"))
    } else {
      findings.append(
        Finding(
          .fits, "antiexpert",
          expert.checkpoint.adapter == nil
            ? "\(antiexpert.path)" : "\(antiexpert.path), its weights shared with the expert"))
    }
    let contexts = [base, expert, antiexpert].map(\.languageModel.contextLength)
    let least = contexts.min() ?? 0
    findings.append(
      Finding(
        least == contexts[0] ? .fits : .warning, "context",
        least == contexts[0]
          ? "\(least) tokens" : "\(least) tokens: the expert reads fewer than the base's \(contexts[0])"))
    self.findings = findings
    self.refusal = refusal
  }

  private static func finding(_ comparison: VocabularyComparison) -> Finding {
    let missing = comparison.missing.map { "\"\($0)\"" }.joined(separator: ", ")
    switch comparison.relation {
    case .same: return Finding(.fits, "vocabulary", "the same \(comparison.shared) tokens")
    case .padded:
      return Finding(
        .fits, "vocabulary",
        "the same \(comparison.shared) tokens, with unused ids behind them; those aren't steered")
    case .permuted:
      return Finding(
        .warning, "vocabulary", "the same \(comparison.shared) tokens under other ids; they are translated")
    case .subset:
      return Finding(
        .warning, "vocabulary",
        "the expert lacks \(comparison.missingCount) of the base's tokens, such as \(missing); "
          + "they can't be followed and are never chosen"
          + (comparison.unsharedStops.isEmpty ? "" : ", but for those that end an answer"))
    case .different:
      return Finding(
        .refused, "vocabulary", "another vocabulary: \(comparison.shared) tokens in common, not \(missing)")
    }
  }

  /// Whether the same text becomes the same tokens, and sequences begin and end alike.
  private static func tokenizers(_ base: Tokenizer, _ expert: Tokenizer) -> [Finding] {
    var findings: [Finding] = []
    func name(_ id: TokenID?, _ tokenizer: Tokenizer) -> String {
      id.map { tokenizer.token(for: $0) } ?? "none"
    }
    let ends = (name(base.endOfSequence, base), name(expert.endOfSequence, expert))
    findings.append(
      ends.0 == ends.1
        ? Finding(.fits, "special tokens", "sequences end with \(ends.0)")
        : Finding(
          .warning, "special tokens", "the base ends with \(ends.0), the expert with \(ends.1)"))
    let begins = (base.addsBeginningOfSequence, expert.addsBeginningOfSequence)
    findings.append(
      begins.0 == begins.1
        ? Finding(
          .fits, "beginning",
          begins.0
            ? "both begin with \(name(base.beginningOfSequence, base))"
            : "neither begins with a token of its own")
        : Finding(
          .warning, "beginning",
          "only the \(begins.0 ? "base" : "expert") begins with a token of its own; the expert sees the base's"
        ))
    let probe = "It's 12,345.67 — naïve  café?\n\tdef f(x):\n    return x**2 #テスト 🙂"
    let pieces = [base, expert].map { tokenizer in
      tokenizer.encode(probe, addSpecialTokens: false).map { tokenizer.bytes(of: $0) }
    }
    if pieces[0] != pieces[1] {
      findings.append(
        Finding(.warning, "splitting", "the tokenizers cut the same text differently; the base's cut counts"))
    }
    return findings
  }

  private static func templates(_ base: Tokenizer, _ expert: Tokenizer) -> Finding {
    switch (base.chatTemplate, expert.chatTemplate) {
    case (nil, nil): Finding(.fits, "chat template", "none")
    case (let one?, let other?) where one.source == other.source:
      Finding(.fits, "chat template", "the same")
    case (_?, _?):
      Finding(
        .warning, "chat template",
        "they differ; generate --chat shows the expert its own, other commands show both the base's")
    case (_?, nil):
      Finding(.warning, "chat template", "only the base has one; the expert is shown its rendering")
    case (nil, _?):
      Finding(.warning, "chat template", "only the expert has one; --chat needs the base's")
    }
  }
}

extension LoadedModel {
  /// Why this can't be what an expert with that tokenizer and so many logits was tuned from; nil where it can.
  ///
  /// Their logits are subtracted place by place: so they must mean the same tokens.
  public func misfit(asAntiexpertOf expert: Tokenizer?, width: Int) -> String? {
    guard languageModel.vocabularySize == width else {
      return "the antiexpert \(path) has \(languageModel.vocabularySize) logits, the expert \(width)"
    }
    guard let tokenizer, let expert, tokenizer.fingerprint != expert.fingerprint else { return nil }
    let comparison = VocabularyComparison(
      base: tokenizer, baseWidth: width, expert: expert, expertWidth: width)
    guard comparison.relation != .same, comparison.relation != .padded else { return nil }
    let example = comparison.missing.first.map { ", not \"\($0)\"" } ?? ", some of them under other ids"
    return "the antiexpert \(path) has another vocabulary than the expert: "
      + "they share \(comparison.shared) tokens\(example)"
  }
}
