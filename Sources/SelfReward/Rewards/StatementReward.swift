import Decoding
import Foundation
import Tokenizers

/// How likely a model finds an answer where a statement of the same problem has it: `Tom had 8 apples, found 6 and
/// lost 3. 8 + 6 = 14, 14 - 3 = 11`.
///
/// A base that never learnt to answer questions may have read many such statements, and then knows more of what is true
/// than of what to say. Best asked of a model frozen before it was tuned to answer.
public struct StatementReward: Reward {
  /// What the log-probabilities of an answer's tokens come to.
  public enum Aggregation: String, Sendable, Hashable, CaseIterable {
    /// Their sum: the likelihood of the whole.
    case sum
    /// Their mean, which doesn't mind length.
    case mean
    /// The least of them: an argument is as good as its weakest step.
    case least
  }

  public let name: String
  private let judge: Policy
  private let aggregation: Aggregation

  public init(judge: Policy, aggregation: Aggregation = .sum) {
    name = "statement-\(aggregation.rawValue)"
    self.judge = judge
    self.aggregation = aggregation
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let completions = sets.flatMap { set in
      set.candidates.map { (set.statement?.filled($0.text) ?? []).map(completion) }
    }
    let scored = try judge.logProbabilities(of: completions.flatMap { $0 })
    var start = 0
    let judgments = completions.map { parts -> Judgment in
      defer { start += parts.count }
      let tokens = scored[start..<start + parts.count].compactMap { $0 }
      guard !parts.isEmpty, tokens.count == parts.count else { return .missing }
      return Judgment(score: aggregate(tokens.flatMap { $0 }))
    }
    return sets.grouped(judgments)
  }

  private func aggregate(_ logProbabilities: [Double]) -> Double? {
    switch aggregation {
    case .sum: logProbabilities.reduce(0, +)
    case .mean: mean(logProbabilities)
    case .least: logProbabilities.min()
    }
  }

  private func completion(_ part: Statement.FilledPart) -> Completion {
    func tokens(_ text: String) -> [TokenID] { judge.tokenizer.encode(text, addSpecialTokens: false) }
    let beginning = judge.tokenizer.addsBeginningOfSequence ? judge.tokenizer.beginningOfSequence : nil
    return Completion(
      prompt: (beginning.map { [$0] } ?? []) + tokens(part.given), tokens: tokens(judge.disarmed(part.said)))
  }
}
