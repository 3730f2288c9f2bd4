/// A question with a good answer, as people wrote them (IFT).
public struct InstructionAnswer: Sendable, Hashable {
  public var prompt: String
  public var response: String

  public init(prompt: String, response: String) {
    self.prompt = prompt
    self.response = response
  }
}

/// What a self-rewarding run on instructions does, but for the models.
public struct InstructionOptions: Sendable {
  public var seed: UInt64
  /// The rounds; of the answers by people so many as it has validation prompts are held out, the last ones.
  public var loop: LoopOptions
  /// Who writes new prompts, and how.
  public var writer: PolicySource
  public var prompts: PromptOptions
  /// Prompts by people with more words aren't shown as examples.
  public var longestSeed: Int
  public var judgeData: JudgeDataOptions
  /// What the judge is held against, before the start learns to judge and after.
  public var agreement: [HumanPreferences]
  /// Scores no farther apart than this are a tie.
  public var tieMargin: Double
  /// Whether the start, frozen, compares each round's answers with its own in both orders.
  public var comparesHeadToHead: Bool

  public init(
    seed: UInt64, loop: LoopOptions, writer: PolicySource = .current,
    prompts: PromptOptions = PromptOptions(), longestSeed: Int = 60, judgeData: JudgeDataOptions,
    agreement: [HumanPreferences] = [], tieMargin: Double = 0, comparesHeadToHead: Bool = true
  ) {
    self.seed = seed
    self.loop = loop
    self.writer = writer
    self.prompts = prompts
    self.longestSeed = longestSeed
    self.judgeData = judgeData
    self.agreement = agreement
    self.tieMargin = tieMargin
    self.comparesHeadToHead = comparesHeadToHead
  }
}
