import Formats
import Foundation

/// A row that a system has answered, and what that is worth.
public struct AnsweredRow: Sendable, Hashable {
  public var row: Int
  public var response: Response
  public var grade: Grade

  public init(row: Int, response: Response, grade: Grade) {
    self.row = row
    self.response = response
    self.grade = grade
  }
}

/// A system's answers to a task, row by row.
public struct SystemResult: Sendable {
  /// Which system: base, expert, proxied, tuned or another.
  public let name: String
  public let rows: [AnsweredRow]
  /// The mean score with its interval.
  public let estimate: Estimate
  /// How long it took; nil where nobody has looked at the clock.
  public var timing: Timing?

  public init(name: String, rows: [AnsweredRow], timing: Timing? = nil) {
    self.name = name
    self.rows = rows
    self.timing = timing
    estimate = Estimate(rows.map(\.grade.score), weights: rows.map(\.grade.weight))
  }

  /// Answers of one text each.
  public init(name: String, responses: [String], scores: [Double]) {
    self.init(
      name: name,
      rows: scores.indices.map { row in
        let text = row < responses.count ? responses[row] : ""
        return AnsweredRow(
          row: row, response: .texts([GeneratedText(text)]), grade: Grade(scores[row], answer: text))
      })
  }

  public var responses: [String] { rows.map(\.response.text) }
  public var scores: [Double] { rows.map(\.grade.score) }
  public var weights: [Double] { rows.map(\.grade.weight) }

  /// How many answers couldn't be read; they count as wrong.
  public var unparsedCount: Int { rows.count { $0.grade.answer == nil && !$0.response.isTooLong } }

  /// How many prompts were too long for the model; they count as wrong.
  public var tooLongCount: Int { rows.count { $0.response.isTooLong } }

  /// The means of what else was measured, by name, over the rows that the model could be asked.
  ///
  /// An answer that can't be read counts as 0, as it does in the score.
  public var measures: [(name: String, mean: Double)] {
    let asked = rows.filter { !$0.response.isTooLong }
    return Set(asked.flatMap(\.grade.measures.keys)).sorted().map { name in
      (name, asked.reduce(0) { $0 + ($1.grade.measures[name] ?? 0) } / Double(asked.count))
    }
  }

  /// Of how many tokens steering changed the likeliest, as a share; nil where nothing steers or nothing was generated.
  public var changedShare: Double? {
    let texts = rows.flatMap { row -> [GeneratedText] in
      if case .texts(let texts) = row.response { texts } else { [] }
    }
    let known = texts.filter { $0.changedTokens != nil }
    let tokens = known.reduce(0) { $0 + $1.tokenCount }
    return tokens == 0 ? nil : Double(known.reduce(0) { $0 + ($1.changedTokens ?? 0) }) / Double(tokens)
  }

  /// exp of the mean negative log-likelihood of all tokens, where rows are documents.
  public var perplexity: Double? {
    let likelihoods = rows.map(\.response.likelihoods)
    let tokens = likelihoods.joined().reduce(0) { $0 + $1.tokenCount }
    guard tokens > 0, likelihoods.allSatisfy({ $0.count == 1 }) else { return nil }
    return exp(-likelihoods.joined().reduce(0) { $0 + $1.logProbability } / Double(tokens))
  }
}

/// How long answers took.
public struct Timing: Sendable, Hashable {
  public var seconds: Double
  /// Tokens generated or scored in that time.
  public var tokenCount: Int

  public init(seconds: Double = 0, tokenCount: Int = 0) {
    self.seconds = seconds
    self.tokenCount = tokenCount
  }

  public var secondsPerToken: Double? { tokenCount == 0 ? nil : seconds / Double(tokenCount) }

  public static func + (left: Timing, right: Timing) -> Timing {
    Timing(seconds: left.seconds + right.seconds, tokenCount: left.tokenCount + right.tokenCount)
  }
}
