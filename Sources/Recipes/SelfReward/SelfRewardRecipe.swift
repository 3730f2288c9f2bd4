/// What self-rewarding rounds are about.
public enum SelfRewardTask: String, Sendable, Hashable, CaseIterable {
  /// Generated arithmetic, with true answers behind an oracle: `SelfRewardRecipe`.
  case arithmetic
  /// Instructions, which nobody has true answers to: `InstructionRecipe`.
  case instruction
}

/// A self-rewarding run on arithmetic: the typed form of a recipe of kind `selfreward` with that task.
public struct SelfRewardRecipe: Sendable, Hashable {
  /// What is rewarded, and the controls beside it.
  public enum Arm: String, Sendable, Hashable, CaseIterable {
    case own = "self"
    case oracle, random, positive, shuffled
  }

  /// What everything random is drawn from; further runs take the numbers after it.
  public var seed: UInt64
  /// How many runs there are, each with a seed of its own.
  public var seeds: Int
  public var threads: Int?
  public var precision: Recipe.Precision
  /// The run's folder.
  public var output: String
  public var arms: [Arm]
  public var rounds: Int
  public var model: Model
  public var task: Task
  public var start: Start
  public var candidates: Candidates
  public var judge: Judge
  public var pairs: Pairs
  public var preference: Recipe.Preference
  /// After how many batches of pairs one of the start's examples comes; nil: none does.
  public var replayInterval: Int?
  /// How a round learns from its pairs.
  public var training: Recipe.Training
  /// How the positive-only control learns.
  public var positive: Recipe.Training
  public var gate: Gate
  public var stop: Stop

  public struct Model: Sendable, Hashable {
    /// The model before any tuning.
    public var path = ""
    /// How prompts are shown to it.
    public var template = "plain"
    /// nil: every weight learns.
    public var adapter: Recipe.Adapter?
  }

  /// Generated arithmetic, and how hard it is.
  public struct Task: Sendable, Hashable {
    public enum Form: String, Sendable, Hashable, CaseIterable { case narrative, steps, board }

    /// How many gains and losses a story has, least and most.
    public var steps = [4, 5]
    /// No number is larger.
    public var largest = 15
    /// Of a hundred stories so many begin with bags.
    public var bagsPercent = 0
    /// How a problem is put as a statement for a judge.
    public var form = Form.narrative
    /// What the oracle calls right: the working with its answer, or the answer alone, which luck finds too.
    public var right = Right.working

    public enum Right: String, Sendable, Hashable, CaseIterable { case working, answer }
    /// Fresh prompts a round.
    public var prompts = 400
    /// Prompts without answers that rounds are compared on.
    public var validation = 64
    /// Labelled problems for the audit.
    public var audit = 150
    /// Test problems, the same for all seeds.
    public var test = 400
  }

  /// What the base is taught before the first round.
  public struct Start: Sendable, Hashable {
    /// How many solved problems; 0: none.
    public var examples = 500
    public var steps = [2, 3]
    /// Of how many of their answers the base learns to give a score too, by the judge's rubric; 0: of none.
    public var judgeExamples = 0
    /// How many worse answers are made of each, so that there is something to score.
    public var judgeCorruptions = 1
    public var training = Recipe.Training()
  }

  public struct Candidates: Sendable, Hashable {
    public var count = 8
    public var temperature = 1.0
    public var topP = 1.0
    public var maximumTokens = 64
    /// Who answers.
    public var generator = Role.current
    /// Prompts answered together.
    public var stretch = 32
  }

  /// Who plays a part.
  public enum Role: Sendable, Hashable {
    case base, start, current
    case path(String)
    /// A large model steered by what tuning changed in the current one.
    case proxied(large: String, alpha: Double)
  }

  /// Who judges, and by what.
  public struct Judge: Sendable, Hashable {
    public var role = Role.base
    /// How several rewards become one.
    public var combination = Combination.sum
    public var rewards: [Reward] = []

    public enum Combination: String, Sendable, Hashable, CaseIterable {
      /// The weighted sum of standardised scores.
      case sum
      /// The first orders candidates, all are samples that may have to agree.
      case agreement
    }
  }

  public struct Pairs: Sendable, Hashable {
    public enum LengthControl: String, Sendable, Hashable, CaseIterable {
      case none
      case zeroGap = "zero-gap"
      case band
    }

    public enum Weights: String, Sendable, Hashable, CaseIterable { case none, votes, agreement }

    public var margin = 0.0
    /// The least score of a chosen answer; nil: no matter.
    public var floor: Double?
    public var lengthControl = LengthControl.none
    /// The band's ρ.
    public var band = 0.3
    public var weights = Weights.none
    /// The least share of votes for the chosen answer, round by round; empty: no matter.
    public var votes: [Double] = []
    /// Whether all rewards must favour the chosen answer.
    public var agreement = false
    public var differentAnswers = false
    public var anchored = false
  }

  public struct Gate: Sendable, Hashable {
    public var areaUnderCurve = 0.55
    public var selectionGain = 0.05
    public var pairs = 20
    public var enforce = true
  }

  public struct Stop: Sendable, Hashable {
    public var voteShare: Double?
    public var tieRate: Double?
    public var lengthDrift: Double?
    public var entropyFloor: Double?
    public var rollback = false
  }
}
