import Evaluation
import Formats

/// The true answers, and a log of everybody who asks for them.
///
/// The loop's own types know problems, candidates and judgments; none of them holds an oracle. Who runs a loop says so
/// with `watch`, and whatever is asked meanwhile counts as asked in the loop, whatever purpose it claims.
public final class Oracle {
  /// What for an answer is compared with the true one.
  public enum Purpose: String, Sendable, Hashable, CaseIterable {
    /// Of the labelled few, before a round spends compute.
    case audit
    /// What the result is, after a round.
    case evaluation
    /// The control that is rewarded by the truth.
    case oracleArm = "oracle-arm"
  }

  /// How often the oracle was asked, for one purpose and at one place.
  public struct Entry: Sendable, Hashable {
    public var purpose: Purpose
    /// The arm whose loop was running; nil: none was.
    public var loop: String?
    public var calls: Int
  }

  private let answers: [String: String]
  private let rule: AnswerRule
  private var runningLoop: String?
  /// Every call so far, counted by purpose and place, in the order in which they first came.
  public private(set) var log: [Entry] = []

  /// - Parameter answers: By problem id.
  public init(answers: [String: String], rule: AnswerRule = .lastNumber) {
    self.answers = answers
    self.rule = rule
  }

  /// An oracle for all that an experiment asks of a task.
  public convenience init(of task: ArithmeticTask, for options: ExperimentOptions) {
    var solutions = task.solutions(.test, count: options.testProblems, seed: 0, round: 0)
    solutions += task.solutions(.audit, count: options.auditProblems, seed: 0, round: 0)
    for seed in options.seeds {
      for round in 1...options.loop.rounds {
        solutions += task.solutions(.prompts, count: options.loop.prompts, seed: seed, round: round)
      }
    }
    let answers = solutions.map { ($0.problem.id, task.countsWorking ? $0.response : $0.answer) }
    self.init(
      answers: Dictionary(answers) { first, _ in first }, rule: task.countsWorking ? .exact : .lastNumber)
  }

  /// Whether a response answers a problem rightly; nil for a problem that it doesn't know.
  public func isRight(_ response: String, to id: String, for purpose: Purpose) -> Bool? {
    if let place = log.firstIndex(where: { $0.purpose == purpose && $0.loop == runningLoop }) {
      log[place].calls += 1
    } else {
      log.append(Entry(purpose: purpose, loop: runningLoop, calls: 1))
    }
    return answers[id].map { rule.score(response, answer: $0) == 1 }
  }

  /// Runs an arm's loop under watch.
  public func watch<Result>(_ arm: String, _ loop: () throws -> Result) rethrows -> Result {
    let outer = runningLoop
    runningLoop = arm
    defer { runningLoop = outer }
    return try loop()
  }

  /// How often it was asked while loops of other arms than this one ran.
  public func callsInLoops(except arm: String) -> Int {
    log.filter { $0.loop != nil && $0.loop != arm }.reduce(0) { $0 + $1.calls }
  }

  /// The log as people and programs read it.
  public var json: JSON {
    .array(
      log.map {
        [
          "purpose": .string($0.purpose.rawValue), "loop": $0.loop.map { .string($0) } ?? .null,
          "calls": .integer($0.calls),
        ]
      })
  }
}
