import Decoding
import Foundation
import Tokenizers

/// How likely a judge gives each of a few replies.
public struct ChoiceProbabilities: Sendable, Hashable {
  /// Of each reply, given that it is one of them: they sum to 1.
  public var probabilities: [Double]
  /// How likely it is that any of them comes at all; near 0, the judge doesn't speak the format.
  public var mass: Double
}

/// Reads from a judge's logits which of a few replies it would give: one pass for a question, nothing to parse.
///
/// The replies are encoded as training would encode them. What they begin with alike (`Score:`) is put to the judge as
/// the beginning of its reply; what is left tells them apart: mostly one token, so that one distribution decides;
/// with tokenizers that write ` 5` as two tokens, or for scores of two digits, several, whose probabilities are
/// multiplied.
public struct ChoiceReader {
  private let policy: Policy
  private let opening: [TokenID]
  private let tails: [[TokenID]]

  /// - Parameter question: A question as they will be asked, its places filled in: templates look at how it
  ///   ends.
  /// - Throws: `SelfRewardError.indistinctReplies` where two replies are the same tokens.
  public init(_ policy: Policy, question: String, replies: [String]) throws {
    let tokens = try replies.map {
      try policy.completion(prompt: question, response: $0, isComplete: false).tokens
    }
    guard Set(tokens).count == replies.count, !tokens.contains([]) else {
      throw SelfRewardError.indistinctReplies(judge: policy.name, replies: replies)
    }
    let first = tokens.first ?? []
    let shared = tokens.map { zip(first, $0).prefix { $0 == $1 }.count }.min() ?? 0
    // Of each reply a token is left, also where it is another's beginning.
    let length = min(shared, (tokens.map(\.count).min() ?? 1) - 1)
    self.policy = policy
    opening = Array(first.prefix(length))
    tails = tokens.map { Array($0.dropFirst(length)) }
  }

  /// A reader of what goes on with a text that is tokens already.
  init(_ policy: Policy, tails: [[TokenID]]) {
    self.policy = policy
    self.tails = tails
    opening = []
  }

  /// Of each question, how likely the replies are; nil for one that doesn't fit the judge's context.
  public func probabilities(after questions: [String]) throws -> [ChoiceProbabilities?] {
    try probabilities(after: questions.map { try policy.tokens(ofPrompt: $0) + opening })
  }

  func probabilities(after prompts: [[TokenID]]) throws -> [ChoiceProbabilities?] {
    let longest = tails.map(\.count).max() ?? 1
    let fitting = prompts.indices.filter { prompts[$0].count + longest <= policy.model.contextLength }
    let likelihoods =
      longest == 1
      ? try CompletionScorer(policy.model).next(after: fitting.map { prompts[$0] }) { distribution in
        tails.map { distribution.probability(Int($0[0])) }
      } : try sequenceLikelihoods(fitting.map { prompts[$0] })
    var results = [ChoiceProbabilities?](repeating: nil, count: prompts.count)
    for (place, likelihood) in zip(fitting, likelihoods) {
      let mass = likelihood.reduce(0, +)
      guard mass > 0 else { continue }
      results[place] = ChoiceProbabilities(probabilities: likelihood.map { $0 / mass }, mass: mass)
    }
    return results
  }

  private func sequenceLikelihoods(_ prompts: [[TokenID]]) throws -> [[Double]] {
    let completions = prompts.flatMap { prompt in tails.map { Completion(prompt: prompt, tokens: $0) } }
    let scores = try CompletionScorer(policy.model).logProbabilities(of: completions)
    // Longest first: what begins another reply is only meant where that doesn't come (1, and not 10).
    let order = tails.indices.sorted { tails[$0].count > tails[$1].count }
    return prompts.indices.map { prompt in
      var likelihoods = [Double](repeating: 0, count: tails.count)
      for tail in order {
        let longer = tails.indices.filter {
          tails[$0].count > tails[tail].count && tails[$0].starts(with: tails[tail])
        }
        let whole = exp(scores[prompt * tails.count + tail].reduce(0, +))
        likelihoods[tail] = max(0, whole - longer.reduce(0) { $0 + likelihoods[$1] })
      }
      return likelihoods
    }
  }
}
