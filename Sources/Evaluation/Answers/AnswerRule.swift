/// How an answer is found in what a model said, and compared with the true one.
public enum AnswerRule: String, Sendable, Hashable, CaseIterable {
  /// The whole answer, white space at its ends and case aside.
  case exact
  /// The whole answer as SQuAD compares: case, articles, punctuation and white space aside.
  case normalized
  /// The last number in it; signs count, commas between digits don't.
  case lastNumber = "last-number"
  /// What comes at the end: the last number where the answer is one, otherwise all words, a full stop aside.
  case final

  /// The answer that a response gives; nil where the rule finds none.
  public func answer(in response: String) -> String? {
    switch self {
    case .exact, .normalized, .final:
      let text = AnswerNormalization.collapsed(response)
      return text.isEmpty ? nil : text
    case .lastNumber: return AnswerExtraction.lastNumber(in: response).map { "\($0)" }
    }
  }

  /// 1 for a right answer, 0 for a wrong one or one that can't be read.
  public func score(_ response: String, answer: String) -> Double {
    switch self {
    case .exact:
      return AnswerNormalization.plain(response) == AnswerNormalization.plain(answer) ? 1 : 0
    case .normalized:
      return AnswerNormalization.areEqual(response, answer) ? 1 : 0
    case .lastNumber:
      guard let given = AnswerExtraction.lastNumber(in: response),
        let expected = AnswerExtraction.lastNumber(in: answer)
      else { return 0 }
      return given == expected ? 1 : 0
    case .final:
      if AnswerExtraction.isNumber(answer) {
        return AnswerRule.lastNumber.score(response, answer: answer)
      }
      func words(_ text: String) -> Substring {
        let words = AnswerNormalization.plain(text)
        return words.hasSuffix(".") ? words.dropLast() : words[...]
      }
      return words(response) == words(answer) ? 1 : 0
    }
  }
}
