/// A question as the loop sees it: never its answer.
public struct Problem: Sendable, Hashable {
  /// What the oracle knows it by.
  public var id: String
  /// The user's words, unrendered.
  public var prompt: String
  /// The same as a statement that the base may find likely; nil: none.
  public var statement: Statement?

  public init(id: String, prompt: String, statement: Statement? = nil) {
    self.id = id
    self.prompt = prompt
    self.statement = statement
  }
}

/// Where the loop's questions come from: drawn anew for every round, a pure function of their numbers.
public protocol ProblemSource: Sendable {
  /// So many problems of a portion, drawn anew for each seed and round.
  ///
  /// Where few are possible, rounds and seeds have some of them in common.
  func problems(_ portion: Portion, count: Int, seed: UInt64, round: Int) -> [Problem]
}

/// What problems are used for; no problem belongs to two portions.
public enum Portion: String, Sendable, Hashable, CaseIterable {
  /// Solved ones, which the start is tuned on.
  case start
  /// What the rounds train on, without answers.
  case prompts
  /// What rounds are compared on without answers: stop rules and rollback look at these.
  case validation
  /// The labelled few that a judge is audited on before a round spends compute.
  case audit
  /// What the result is measured on; nothing is chosen by it.
  case test
}
