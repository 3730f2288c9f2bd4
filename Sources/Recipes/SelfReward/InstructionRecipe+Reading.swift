extension InstructionRecipe: RecipeFile {
  /// Reads a recipe's text; `path` is what messages call it.
  public init(yaml: String, path: String, overrides: [String] = []) throws {
    let reader = try RecipeReader(
      yaml: yaml, path: path, overrides: overrides, command: SelfRewardRecipe.kind)
    let top = reader.top
    if top.string("kind") != SelfRewardRecipe.kind {
      top.problem(
        "kind isn't \(SelfRewardRecipe.kind)", key: "kind", advice: "trimtab finetune runs the other kinds")
    }
    seed = UInt64(top.integer("seed", in: 0...Int(Int32.max)) ?? 0)
    threads = top.integer("threads", in: 1...1024)
    precision = top.choice("precision", Recipe.Precision.self) ?? .auto
    output = top.string("output") ?? ""
    if !top.hasValue("output") { top.problem("output is missing", advice: "name the run's folder") }
    rounds = top.integer("rounds", in: 1...100) ?? 2
    model = SelfRewardRecipe.Model(top.section("model"))
    task = Task(top.section("task"))
    baseline = top.roundTraining("baseline")
    judgeData = JudgeData(top.section("judge_data"))
    start = top.roundTraining("start")
    writer = Writer(top.section("writer"))
    candidates = SelfRewardRecipe.Candidates(top.section("candidates"))
    let judgeSection = top.section("judge")
    let judge = SelfRewardRecipe.Judge(judgeSection)
    self.judge = judge
    Self.refuseArithmetic(judge.rewards, judgeSection, key: "rewards")
    let pairsSection = top.section("pairs")
    let pairs = SelfRewardRecipe.Pairs(pairsSection)
    self.pairs = pairs
    pairs.check(against: judge, pairsSection)
    if pairs.differentAnswers || pairs.weights == .votes || !pairs.votes.isEmpty {
      pairsSection.problem(
        "pairs.different_answers and pairs by votes need answers that are numbers",
        advice: "leave them out: instructions have others")
    }
    preference = SelfRewardRecipe.preference(top.section("preference"))
    replayInterval = top.integer("replay_every", in: 1...1_000_000)
    training = top.roundTraining("training")
    let agreementSection = top.section("agreement")
    agreement = Agreement(agreementSection)
    Self.refuseArithmetic(agreement.judges, agreementSection, key: "judges")
    let stopSection = top.section("stop")
    stop = SelfRewardRecipe.Stop(stopSection)
    if stop.rollback || stop.voteShare != nil {
      stopSection.problem(
        "stop.rollback and stop.vote_share are for arithmetic",
        advice: "leave them out: each round's model stays in its folder")
    }
    try reader.finish()
  }

  /// Reports rewards that need a problem's statement, or numbers for answers.
  private static func refuseArithmetic(
    _ rewards: [SelfRewardRecipe.Reward], _ section: Section, key: String
  ) {
    let kinds = rewards.map(\.kind)
    let words = SelfRewardRecipe.Reward.Kind.allCases.filter { !$0.isForArithmetic }.map(\.rawValue)
    for kind in kinds where kind.isForArithmetic {
      section.problem(
        "\(section.name).\(key): the kind \(kind.rawValue) is for arithmetic; an instruction has neither a "
          + "statement nor a number for its answer", key: key,
        advice: "there are \(words.joined(separator: ", "))")
    }
  }
}

extension InstructionRecipe.Task {
  init(_ section: Section) {
    self.init()
    if section.choice("kind", SelfRewardTask.self) != .instruction {
      section.problem("task.kind isn't instruction", key: "kind")
    }
    path = section.string("path") ?? path
    if !section.hasValue("path") {
      section.problem(
        "task.path is missing", advice: "name a data set of instructions; trimtab data import makes one")
    }
    split = section.string("split") ?? split
    limit = section.integer("limit", in: 2...Int.max)
    maximumLength = section.integer("max_length", in: 16...Int.max) ?? maximumLength
    prompts = section.integer("prompts", in: 1...1_000_000) ?? prompts
    validation = section.integer("validation", in: 1...100_000) ?? validation
    headToHead = section.boolean("head_to_head") ?? headToHead
    section.finish()
  }
}

extension InstructionRecipe.JudgeData {
  init(_ section: Section) {
    self.init()
    rubric = section.rubric("rubric") ?? rubric
    mostCommonRatio =
      section.number("most_common_ratio", in: 0...1e6, excludingLower: true) ?? mostCommonRatio
    ranked = Ranked(section.section("ranked"))
    corrupted = Corrupted(section.section("corrupted"))
    section.finish()
  }
}

extension InstructionRecipe.JudgeData.Ranked {
  init(_ section: Section) {
    self.init()
    path = section.string("path")
    limit = section.integer("limit", in: 1...1_000_000) ?? limit
    attempts = section.integer("attempts", in: 1...1000) ?? attempts
    temperature = section.number("temperature", in: 0...100) ?? temperature
    topP = section.number("top_p", in: 0...1, excludingLower: true) ?? topP
    maximumTokens = section.integer("max_tokens", in: 1...Int.max) ?? maximumTokens
    section.finish()
  }
}

extension InstructionRecipe.JudgeData.Corrupted {
  init(_ section: Section) {
    self.init()
    answers = section.integer("answers", in: 0...1_000_000) ?? answers
    corruptions = section.integer("corruptions", in: 1...4) ?? corruptions
    form = section.choice("form", InstructionRecipe.JudgeData.ReplyForm.self) ?? form
    section.finish()
  }
}

extension InstructionRecipe.Writer {
  init(_ section: Section) {
    self.init()
    role = section.role() ?? role
    seedExamples = section.integer("seed_examples", in: 1...100) ?? seedExamples
    generatedExamples = section.integer("generated_examples", in: 0...100) ?? generatedExamples
    longestSeed = section.integer("longest_seed", in: 1...100_000) ?? longestSeed
    temperature = section.number("temperature", in: 0...100) ?? temperature
    topP = section.number("top_p", in: 0...1, excludingLower: true) ?? topP
    maximumTokens = section.integer("max_tokens", in: 1...Int.max) ?? maximumTokens
    wave = section.integer("wave", in: 1...100_000) ?? wave
    attempts = section.integer("attempts", in: 1...10_000) ?? attempts
    introduction = section.string("introduction") ?? introduction
    label = section.string("label") ?? label
    filter = InstructionRecipe.Filter(section.section("filter"))
    section.finish()
  }
}

extension InstructionRecipe.Filter {
  init(_ section: Section) {
    self.init()
    overlap = section.number("overlap", in: 0...1) ?? overlap
    words = section.range("words", in: 1...100_000) ?? words
    blocked = section.strings("blocked") ?? blocked
    leadingPunctuation = section.boolean("leading_punctuation") ?? leadingPunctuation
    leadingNonASCII = section.boolean("leading_non_ascii") ?? leadingNonASCII
    section.finish()
  }
}

extension InstructionRecipe.Agreement {
  init(_ section: Section) {
    self.init()
    data = section.strings("data") ?? data
    limit = section.integer("limit", in: 1...Int.max)
    tieMargin = section.number("tie_margin", in: 0...1e300) ?? tieMargin
    judges = section.sections("judges")?.compactMap { SelfRewardRecipe.Reward($0) } ?? judges
    section.finish()
  }
}
