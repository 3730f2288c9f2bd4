import Datasets
import Formats

/// Arithmetic in words and chained operations, in the forms that the demo's models were pretrained on.
///
/// Its problems are apart from its solutions: `problems` is all that the loop is given, `solutions` is what the
/// oracle and the start's examples are made from.
public struct ArithmeticTask: ProblemSource, Hashable {
  /// How a problem is put as a statement.
  public enum Form: String, Sendable, Hashable, CaseIterable {
    /// `Tom had 8 apples, found 6 and lost 3.{answer}`: the story with its working.
    case narrative
    /// `Tom had 8 apples and found 6 more.{answer}`, `Tom had {before:apple} and lost 3.{answer}`: a story a step, each
    /// beginning with what the answer itself has come to.
    case steps
    /// `On the board: {answer}`: the working alone.
    case board
  }

  /// A problem with what the loop must not see.
  public struct Solution: Sendable, Hashable {
    public var problem: Problem
    /// The working and the answer, as a model should write them.
    public var response: String
    /// The answer alone.
    public var answer: String
  }

  /// How hard the problems are that rounds train on and are measured on.
  public var difficulty: DemoText.ChainDifficulty
  /// How hard those are that the start is tuned on.
  public var startDifficulty: DemoText.ChainDifficulty
  public var form: Form
  /// Whether the working has to be right too: wrong ones often come to the right answer, for answers are few.
  public var countsWorking: Bool

  public init(
    difficulty: DemoText.ChainDifficulty, startDifficulty: DemoText.ChainDifficulty, form: Form = .narrative,
    countsWorking: Bool = true
  ) {
    self.difficulty = difficulty
    self.startDifficulty = startDifficulty
    self.form = form
    self.countsWorking = countsWorking
  }

  public func problems(_ portion: Portion, count: Int, seed: UInt64, round: Int) -> [Problem] {
    solutions(portion, count: count, seed: seed, round: round).map(\.problem)
  }

  /// The same problems with their solutions: for the oracle, and for the start's examples.
  public func solutions(_ portion: Portion, count: Int, seed: UInt64, round: Int) -> [Solution] {
    // Different streams of one generator; the multiplier only has to scatter.
    let mixed = (seed &* 1_000_003 &+ UInt64(round)) &* 1_000_003 &+ portion.number
    let chains = DemoText.chains(
      portion.split, difficulty: portion == .start ? startDifficulty : difficulty, count: count, seed: mixed
    ) { Self.share(of: $0).contains(portion) }
    return chains.enumerated().map { index, chain in
      let problem = Problem(
        id: "\(portion.rawValue)-\(seed)-\(round)-\(index)", prompt: chain.prompt, statement: statement(chain)
      )
      return Solution(problem: problem, response: chain.response, answer: chain.answer)
    }
  }

  private func statement(_ chain: DemoText.Chain) -> Statement {
    switch form {
    case .narrative: Statement([chain.narrative + Statement.hole])
    case .board: Statement(["On the board:" + Statement.hole])
    case .steps:
      Statement(
        chain.stories { first in first ?? "{before:\(chain.thing)}" }.map { $0 + Statement.hole })
    }
  }

  /// Which portions a problem may go to: what the splits hold together is divided once more, by content.
  private static func share(of chain: DemoText.Chain) -> Set<Portion> {
    switch Fingerprint(of: chain.content).bytes[0] {
    case 0..<64: [.start, .audit, .test]
    case 64..<96: [.validation, .audit, .test]
    default: [.prompts, .audit, .test]
    }
  }
}

extension Portion {
  /// Where its problems come from: what is labelled and measured on was never told in pretraining either.
  fileprivate var split: DemoText.Split {
    switch self {
    case .start, .prompts, .validation: .train
    case .audit: .development
    case .test: .test
    }
  }

  fileprivate var number: UInt64 {
    switch self {
    case .start: 1
    case .prompts: 2
    case .validation: 3
    case .audit: 4
    case .test: 5
    }
  }
}
