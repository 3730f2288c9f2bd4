import Formats
import Foundation
import Training

/// What a model really knows: its answers to the test's problems, held against the oracle.
public struct Examination: Sendable, Hashable {
  /// For every problem in the test's order: is the greedy answer right (pass@1), how many of k samples are (mean@k), is
  /// their most frequent answer (maj@k), is any (pass@k).
  public var greedy: [Double] = []
  public var sampled: [Double] = []
  public var majority: [Double] = []
  public var any: [Double] = []

  public init() {}

  /// Asks a model, or reads what it answered before.
  init(
    _ stages: RoundStages, _ name: String, of problems: [Problem], by policy: Policy,
    _ options: CandidateOptions, oracle: Oracle
  ) throws {
    let greedy = try stages.candidates("\(name)-greedy", of: problems, by: policy, options.greedy)
    let sampled = try stages.candidates(name, of: problems, by: policy, options)
    for (one, many) in zip(greedy, sampled) {
      func isRight(_ candidate: Candidate, _ id: String) -> Bool {
        candidate.isComplete && oracle.isRight(candidate.text, to: id, for: .evaluation) == true
      }
      let right = many.candidates.map { isRight($0, many.id) }
      let votes = AnswerVotes(many.candidates)
      self.greedy.append(one.candidates.contains { isRight($0, one.id) } ? 1 : 0)
      self.sampled.append(mean(right.map { $0 ? 1 : 0 }))
      majority.append(votes.majority.map { right[$0] ? 1 : 0 } ?? 0)
      any.append(right.contains(true) ? 1 : 0)
    }
  }

  public var json: JSON {
    [
      "pass@1": .number(mean(greedy)), "mean@k": .number(mean(sampled)), "maj@k": .number(mean(majority)),
      "pass@k": .number(mean(any)), "n": .integer(greedy.count),
    ]
  }
}
