import Foundation

/// Comparing short answers to open questions, as SQuAD and TriviaQA do (Rajpurkar and others, 2016; Joshi and
/// others, 2017).
public enum AnswerNormalization {
  private static let articles: Set<Substring> = ["a", "an", "the"]

  /// In lower case, without articles, punctuation and superfluous white space; letters in their compatible form.
  public static func normalized(_ text: String) -> String { words(text).joined(separator: " ") }

  /// White space as single spaces between words.
  static func collapsed(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// In lower case, white space aside.
  static func plain(_ text: String) -> String { collapsed(text).lowercased() }

  /// Whether two answers are the same once they are normalised.
  ///
  /// Where nothing is left of one of them, say of "A" or "+", all its characters count; an empty answer is never right.
  static func areEqual(_ given: String, _ expected: String) -> Bool {
    let (normalGiven, normalExpected) = (normalized(given), normalized(expected))
    guard normalGiven.isEmpty || normalExpected.isEmpty else { return normalGiven == normalExpected }
    return !plain(given).isEmpty && plain(given) == plain(expected)
  }

  /// The words that count.
  static func words(_ text: String) -> [Substring] {
    let scalars = Array(text.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars)
    let plain = scalars.indices.map { index in
      let scalar = scalars[index]
      return isJoiner(scalar) || isThousandsComma(scalars, index)
        ? "" : isPunctuation(scalar) ? " " : String(scalar)
    }.joined()
    return plain.split(whereSeparator: \.isWhitespace).filter { !articles.contains($0) }
  }

  /// Apostrophes and the points of abbreviations join what they stand in: `don't`, `U.S.`.
  private static func isJoiner(_ scalar: Unicode.Scalar) -> Bool {
    ["'", "’", "‘", "`", "´", "."].contains(scalar)
  }

  private static func isThousandsComma(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
    let digits: ClosedRange<Unicode.Scalar> = "0"..."9"
    return text[index] == "," && index > 0 && index + 1 < text.count && digits.contains(text[index - 1])
      && digits.contains(text[index + 1])
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: ("!"..."~").contains(scalar) && !CharacterSet.alphanumerics.contains(scalar)
    }
  }

  /// 1 where an answer is one of the true ones, else 0.
  public static func exactMatch(_ answer: String, among aliases: [String]) -> Double {
    aliases.contains { areEqual(answer, $0) } ? 1 : 0
  }

  /// How well an answer's words agree with those of the true answer that it is nearest to: the harmonic mean of
  /// precision and recall.
  public static func wordF1(_ answer: String, among aliases: [String]) -> Double {
    aliases.map { wordF1(words(answer), words($0)) }.max() ?? 0
  }

  private static func wordF1(_ given: [Substring], _ expected: [Substring]) -> Double {
    // Answers of stop words alone: equal or not.
    guard !given.isEmpty, !expected.isEmpty else { return given.isEmpty && expected.isEmpty ? 1 : 0 }
    var wanted: [Substring: Int] = [:]
    for word in expected { wanted[word, default: 0] += 1 }
    var shared = 0
    for word in given where wanted[word, default: 0] > 0 {
      wanted[word, default: 0] -= 1
      shared += 1
    }
    guard shared > 0 else { return 0 }
    let (precision, recall) = (Double(shared) / Double(given.count), Double(shared) / Double(expected.count))
    return 2 * precision * recall / (precision + recall)
  }
}
