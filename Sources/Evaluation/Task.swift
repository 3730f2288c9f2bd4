import Formats

/// One question and what counts as its answer.
public struct TaskExample: Sendable, Hashable {
  public var prompt: String
  public var answer: String

  public init(prompt: String, answer: String) {
    self.prompt = prompt
    self.answer = answer
  }
}

/// How an answer is found in what a model said, and compared with the true one.
public enum AnswerRule: String, Sendable, Hashable, CaseIterable {
  /// The whole answer, white space at its ends and case aside.
  case exact
  /// The last number in it; signs count, commas between digits don't.
  case lastNumber = "last-number"
  /// What comes at the end: the last number where the answer is one, otherwise all words, a full stop aside.
  case final

  /// 1 for a right answer, 0 for a wrong one or one that can't be read.
  public func score(_ response: String, answer: String) -> Double {
    switch self {
    case .exact:
      return normalized(response) == normalized(answer) ? 1 : 0
    case .lastNumber:
      guard let given = AnswerExtraction.lastNumber(in: response),
        let expected = AnswerExtraction.lastNumber(in: answer)
      else { return 0 }
      return given == expected ? 1 : 0
    case .final:
      if AnswerExtraction.lastNumber(in: answer) != nil {
        return AnswerRule.lastNumber.score(response, answer: answer)
      }
      let words = normalized(response)
      return normalized(answer) == (words.hasSuffix(".") ? String(words.dropLast()) : words) ? 1 : 0
    }
  }

  private func normalized(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
  }
}

/// Questions with a rule for their answers.
public struct Task: Sendable {
  public var name: String
  public var examples: [TaskExample]
  public var rule: AnswerRule
  public var stops: [String]
  public var maximumTokens: Int

  public init(
    name: String, examples: [TaskExample], rule: AnswerRule, stops: [String] = ["\n"], maximumTokens: Int = 64
  ) {
    self.name = name
    self.examples = examples
    self.rule = rule
    self.stops = stops
    self.maximumTokens = maximumTokens
  }
}
