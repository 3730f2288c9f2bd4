import Decoding
import Tensors

/// The two models of an ensemble that stay as they are, and how strongly the expert steers.
public struct EnsemblePartners {
  public let base: any LanguageModel
  public let antiexpert: any LanguageModel
  public let alpha: Float

  private static let stretchLength = 256

  public init(base: any LanguageModel, antiexpert: any LanguageModel, alpha: Float) {
    self.base = base
    self.antiexpert = antiexpert
    self.alpha = alpha
  }

  /// Throws unless both models have the expert's tokens; a base may have unused ids behind them.
  func check(vocabularySize: Int) throws {
    if base.vocabularySize < vocabularySize {
      throw TrainingError.otherVocabulary(
        model: "the base", size: base.vocabularySize, expected: vocabularySize)
    }
    if antiexpert.vocabularySize != vocabularySize {
      throw TrainingError.otherVocabulary(
        model: "the antiexpert", size: antiexpert.vocabularySize, expected: vocabularySize)
    }
  }

  /// Hands z_base − α · z_antiexpert, [rows, vocabulary], of some places of a sequence to `body`, a stretch at a time.
  func forEachStretch(
    of tokens: [UInt32], places: [Int], vocabularySize: Int, _ body: (Tensor) throws -> Void
  ) throws {
    let contexts = (base.makeContext(), antiexpert.makeContext())
    let end = places.last.map { $0 + 1 } ?? 0
    for start in stride(from: 0, to: end, by: Self.stretchLength) {
      let stretch = start..<min(end, start + Self.stretchLength)
      func logits(_ model: any LanguageModel, _ context: any DecodingContext) throws -> Tensor {
        try model.logits(extending: [SequenceExtension(context, by: Array(tokens[stretch]))], rows: .all)[0]
      }
      let (base, antiexpert) = (try logits(base, contexts.0), try logits(antiexpert, contexts.1))
      let rows = places.filter(stretch.contains).map { $0 - start }
      if !rows.isEmpty { try body(combined(base, antiexpert, rows: rows, vocabularySize: vocabularySize)) }
    }
  }

  private func combined(_ base: Tensor, _ antiexpert: Tensor, rows: [Int], vocabularySize: Int) -> Tensor {
    let combined = Tensor(zeros: [rows.count, vocabularySize])
    for (place, row) in rows.enumerated() {
      let z = combined.rows(place..<place + 1).floats
      let (from, away) = (base.rows(row..<row + 1).floats, antiexpert.rows(row..<row + 1).floats)
      for token in 0..<vocabularySize { z[token] = from[token] - alpha * away[token] }
    }
    return combined
  }
}
