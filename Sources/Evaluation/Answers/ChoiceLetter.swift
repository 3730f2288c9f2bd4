/// Finding the letter of a choice in what a model said.
public enum ChoiceLetter {
  /// The letters of `count` choices, from A.
  public static func letters(_ count: Int) -> [String] {
    (0..<count).compactMap { Unicode.Scalar(65 + $0).map { String($0) } }
  }

  /// The index of the choice that an answer names at its beginning, through brackets, quotes and markup: `(B)`,
  /// `**B**`, `B.`, `B) Paris`, `The answer is: B`.
  ///
  /// A word that merely begins with a letter (`Because`, `A cat`) names none; a choice's whole text does, with or
  /// without its letter.
  public static func index(in answer: String, choices: [String]) -> Int? {
    let text = withoutLead(answer)
    let scalars = Array(text.unicodeScalars.drop { !$0.properties.isAlphabetic && !("0"..."9").contains($0) })
    if let whole = wholeText(text, choices: choices) { return whole }
    guard let first = scalars.first, let index = ("A"..."Z").contains(first) ? Int(first.value) - 65 : nil,
      index < choices.count
    else { return nil }
    guard scalars.count > 1 else { return index }
    let next = scalars[1]
    if next.properties.isAlphabetic || ("0"..."9").contains(next) || next == "'" || next == "’" { return nil }
    // `A` and `I` are words too: before another word they are a letter only where that begins the choice.
    let isWord = first == "A" || first == "I"
    guard isWord, next == " ",
      scalars.dropFirst(2).first(where: { $0 != " " })?.properties.isAlphabetic == true
    else { return index }
    let rest = String(String.UnicodeScalarView(scalars.dropFirst(2)))
    let (words, choice) = (AnswerNormalization.words(rest), AnswerNormalization.words(choices[index]))
    return !choice.isEmpty && words.starts(with: choice) ? index : nil
  }

  private static func wholeText(_ text: String, choices: [String]) -> Int? {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let given = AnswerNormalization.normalized(line)
    guard !given.isEmpty else { return nil }
    let equal = choices.indices.filter { AnswerNormalization.normalized(choices[$0]) == given }
    return equal.count == 1 ? equal[0] : nil
  }

  /// The text without the words that announce an answer.
  private static func withoutLead(_ text: String) -> String {
    let trimmed = text.drop { $0.isWhitespace || $0 == "*" || $0 == ">" || $0 == "`" }
    for lead in ["the correct answer is", "the answer is", "answer is", "answer"] {
      guard trimmed.lowercased().hasPrefix(lead) else { continue }
      let rest = trimmed.dropFirst(lead.count)
      guard rest.first.map({ !$0.isLetter }) ?? true else { continue }
      return String(rest.drop { $0 == ":" || $0.isWhitespace || $0 == "*" })
    }
    return String(trimmed)
  }
}
