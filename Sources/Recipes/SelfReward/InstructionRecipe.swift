/// A self-rewarding run on instructions, after Yuan and others (2024): the typed form of a recipe of kind `selfreward`
/// whose task is `instruction`.
///
/// Sections that it shares with `SelfRewardRecipe` have that recipe's defaults; the recipe that ships has the paper's.
public struct InstructionRecipe: Sendable, Hashable {
  /// What everything random is drawn from.
  public var seed: UInt64
  public var threads: Int?
  public var precision: Recipe.Precision
  /// The run's folder.
  public var output: String
  /// Rounds of preference training: M2, M3, ….
  public var rounds: Int
  public var model: SelfRewardRecipe.Model
  public var task: Task
  /// How the base is tuned on instructions alone, which makes who writes judgments of ranked answers.
  public var baseline: Recipe.Training
  public var judgeData: JudgeData
  /// How the base is tuned on instructions and examples of judging: the rounds' start, the paper's M1.
  public var start: Recipe.Training
  public var writer: Writer
  public var candidates: SelfRewardRecipe.Candidates
  public var judge: SelfRewardRecipe.Judge
  public var pairs: SelfRewardRecipe.Pairs
  public var preference: Recipe.Preference
  /// After how many batches of pairs one of the start's examples comes; nil: none does.
  public var replayInterval: Int?
  /// How a round learns from its pairs.
  public var training: Recipe.Training
  public var agreement: Agreement
  public var stop: SelfRewardRecipe.Stop

  /// Instructions with good answers by people (IFT), and how many new ones a round has.
  public struct Task: Sendable, Hashable {
    /// A data set of conversations, or of prompts and responses.
    public var path = ""
    public var split = "train"
    /// Only that many of its first answers; nil: all.
    public var limit: Int?
    /// The most tokens of an example or of a pair's half; longer examples are left out.
    public var maximumLength = 1024
    /// New prompts a round.
    public var prompts = 24
    /// Of the answers by people so many, the last ones, are held out: rounds are compared on their prompts.
    public var validation = 8
    /// Whether the frozen start compares each round's answers to these with its own, in both orders.
    public var headToHead = true
  }

  /// Examples of judging (EFT).
  public struct JudgeData: Sendable, Hashable {
    public enum ReplyForm: String, Sendable, Hashable, CaseIterable {
      case scoreOnly = "score-only"
      case reasoned
    }

    /// Answers that people ranked, whose judgments the baseline writes.
    public struct Ranked: Sendable, Hashable {
      /// JSON lines, a ranked answer each; nil: none.
      public var path: String?
      /// Only that many of the first prompts.
      public var limit = 40
      /// How often each prompt's answers are judged, until one time the order is right.
      public var attempts = 4
      public var temperature = 0.7
      public var topP = 0.9
      public var maximumTokens = 256
    }

    /// Good answers made worse in known ways, whose judgments follow from what was done.
    public struct Corrupted: Sendable, Hashable {
      /// How many of the first instructions' answers; 0: none.
      public var answers = 0
      /// How many worse answers are made of each.
      public var corruptions = 1
      public var form = ReplyForm.reasoned
    }

    public var rubric = SelfRewardRecipe.Rubric.additive
    public var ranked = Ranked()
    public var corrupted = Corrupted()
    /// How many examples the most common score may have for each of the second most common one.
    public var mostCommonRatio = 1.0
  }

  /// Who writes new prompts, and which are kept.
  public struct Writer: Sendable, Hashable {
    public var role = SelfRewardRecipe.Role.current
    public var seedExamples = 6
    public var generatedExamples = 2
    /// Prompts by people with more words aren't shown as examples.
    public var longestSeed = 60
    public var temperature = 0.6
    public var topP = 0.9
    public var maximumTokens = 192
    /// How many are asked for at once, before the filter has seen them.
    public var wave = 16
    /// How often the writer is asked, at most, for each prompt that is wanted.
    public var attempts = 8
    public var introduction =
      "Come up with a new task for an AI assistant. Each task differs from those before it."
    public var label = "Task"
    public var filter = Filter()
  }

  /// What a new prompt must be like.
  public struct Filter: Sendable, Hashable {
    /// Dropped above this ROUGE-L F₁ with any prompt of the pool.
    public var overlap = 0.7
    /// How many words it may have, least and most.
    public var words = [4, 150]
    /// Words that ask for what a text model can't give.
    public var blocked = [
      "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw",
      "plot", "go to", "video", "audio", "music", "flowchart", "diagram",
    ]
    public var leadingPunctuation = false
    public var leadingNonASCII = false
  }

  /// What the judge is held against, before the start learns to judge and after.
  public struct Agreement: Sendable, Hashable {
    /// Files of pairs that people compared, LLMBar's or PandaLM's; empty: nothing is measured.
    public var data: [String] = []
    /// Only that many of each file's first pairs; nil: all.
    public var limit: Int?
    /// Scores no farther apart than this are a tie.
    public var tieMargin = 0.0
    public var judges: [SelfRewardRecipe.Reward] = [.init(kind: .sampled), .init(kind: .expectedScore)]
  }
}
