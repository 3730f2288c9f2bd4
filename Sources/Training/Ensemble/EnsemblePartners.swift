import Decoding
import Tensors

/// The models of an ensemble that stay as they are, and how strongly the expert steers.
public struct EnsemblePartners {
  public let base: any LanguageModel
  /// nil: the base's logits alone are wanted.
  public let antiexpert: (any LanguageModel)?
  public let alpha: Float

  private static let stretchLength = 256

  public init(base: any LanguageModel, antiexpert: any LanguageModel, alpha: Float) {
    self.base = base
    self.antiexpert = antiexpert
    self.alpha = alpha
  }

  /// A base whose logits are wanted as they are: what a distilled model learns from.
  public init(base: any LanguageModel) {
    self.base = base
    antiexpert = nil
    alpha = 0
  }

  /// Throws unless all models have the expert's tokens; a base may have unused ids behind them.
  func check(vocabularySize: Int) throws {
    if base.vocabularySize < vocabularySize {
      throw TrainingError.otherVocabulary(
        model: "the base", size: base.vocabularySize, expected: vocabularySize)
    }
    if let antiexpert, antiexpert.vocabularySize != vocabularySize {
      throw TrainingError.otherVocabulary(
        model: "the antiexpert", size: antiexpert.vocabularySize, expected: vocabularySize)
    }
  }

  /// Hands what the models say at some places of a sequence to `body`, a stretch at a time.
  func forEachStretch(
    of tokens: [UInt32], places: [Int], vocabularySize: Int, _ body: (PartnerLogits) throws -> Void
  ) throws {
    let baseContext = base.makeContext()
    let antiexpertContext = antiexpert?.makeContext()
    let end = places.last.map { $0 + 1 } ?? 0
    for start in stride(from: 0, to: end, by: Self.stretchLength) {
      let stretch = start..<min(end, start + Self.stretchLength)
      func logits(_ model: any LanguageModel, _ context: any DecodingContext) throws -> Tensor {
        try model.logits(extending: [SequenceExtension(context, by: Array(tokens[stretch]))], rows: .all)[0]
      }
      let base = try logits(base, baseContext)
      var other: Tensor?
      if let antiexpert, let antiexpertContext { other = try logits(antiexpert, antiexpertContext) }
      let rows = places.filter(stretch.contains).map { $0 - start }
      guard !rows.isEmpty else { continue }
      try body(
        PartnerLogits(
          base: base, antiexpert: other, rows: rows, alpha: alpha, vocabularySize: vocabularySize))
    }
  }
}
