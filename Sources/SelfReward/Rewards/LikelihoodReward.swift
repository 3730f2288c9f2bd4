import Decoding
import Evaluation
import Foundation

/// How a question and a candidate are put to a model that judges by likelihood.
///
/// Without one, the candidate is scored as the answer to the question. With one, as what pretraining knew: text in
/// `context` is given and text in `continuation` scored, both with places for `{prompt}`, `{response}` and
/// `{answer}`. So a question can become the statement that it asks for, a form in which a model often knows more than
/// it answers, above all one that was tuned on little.
public struct LikelihoodTemplate: Sendable, Hashable {
  /// A change to the question before it is filled in: what matches (an ICU regular expression) and what
  /// replaces it, with `$1` for its groups.
  public struct Rewriting: Sendable, Hashable {
    public var pattern: String
    public var replacement: String

    public init(pattern: String, replacement: String) {
      self.pattern = pattern
      self.replacement = replacement
    }
  }

  public var context: TextTemplate
  public var continuation: TextTemplate
  /// Made in order.
  public var rewritings: [Rewriting]

  public init(context: TextTemplate, continuation: TextTemplate, rewritings: [Rewriting] = []) {
    self.context = context
    self.continuation = continuation
    self.rewritings = rewritings
  }

  /// What is given and what is scored; nil where a place for the answer has no answer to be filled with.
  func texts(prompt: String, response: String) -> (context: String, continuation: String)? {
    let needsAnswer = context.mentions("answer") || continuation.mentions("answer")
    let answer = AnswerExtraction.lastNumber(in: response).map { "\($0)" }
    if needsAnswer, answer == nil { return nil }
    let rewritten = rewritings.reduce(prompt) { text, rewriting in
      text.replacingOccurrences(
        of: rewriting.pattern, with: rewriting.replacement, options: .regularExpression)
    }
    let values = ["prompt": rewritten, "response": response, "answer": answer ?? ""]
    return (context.filled(values), continuation.filled(values))
  }
}

/// How likely a model finds a candidate: the mean log-likelihood of its tokens.
public struct LikelihoodReward: Reward {
  public let name = "likelihood"
  private let judge: Policy
  private let template: LikelihoodTemplate?
  private let isLengthNormalized: Bool

  /// - Parameter isLengthNormalized: Whether tokens' log-likelihoods are averaged, or summed.
  public init(judge: Policy, template: LikelihoodTemplate? = nil, isLengthNormalized: Bool = true) throws {
    for rewriting in template?.rewritings ?? [] {
      guard (try? NSRegularExpression(pattern: rewriting.pattern)) != nil else {
        throw SelfRewardError.invalidOption(
          "rewriting", found: rewriting.pattern, expected: "a regular expression")
      }
    }
    self.judge = judge
    self.template = template
    self.isLengthNormalized = isLengthNormalized
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let completions = try sets.flatMap { set in
      try set.candidates.map { try completion(set.prompt, $0) }
    }
    let known = completions.indices.filter { completions[$0] != nil }
    let scores = try judge.logProbabilities(of: completions.compactMap { $0 })
    var judgments = [Judgment](repeating: .missing, count: completions.count)
    for (index, score) in zip(known, scores) {
      guard let score, !score.isEmpty else { continue }
      let sum = score.reduce(0, +)
      judgments[index] = Judgment(averaging: [isLengthNormalized ? sum / Double(score.count) : sum])
    }
    return sets.grouped(judgments)
  }

  private func completion(_ prompt: String, _ candidate: Candidate) throws -> Completion? {
    guard let template else {
      return try judge.completion(
        prompt: prompt, response: candidate.text, isComplete: candidate.isComplete)
    }
    return template.texts(prompt: prompt, response: candidate.text).map {
      judge.document($0.context, continuation: $0.continuation)
    }
  }
}
