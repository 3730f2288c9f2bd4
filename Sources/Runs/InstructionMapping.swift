import Recipes
import SelfReward
import Training

extension InstructionRecipe {
  /// Everything that such a run does, but for the models.
  func options(method: TunedModel.Method, context: Int) throws -> InstructionOptions {
    InstructionOptions(
      seed: seed,
      loop: LoopOptions(
        rounds: rounds, prompts: task.prompts, validationPrompts: task.validation,
        candidates: candidates.options, generator: candidates.generator.source, pairs: pairs.options,
        training: RoundTrainingOptions(
          training: training.options(seed: 0), preference: preference.options, method: method,
          batchTokens: training.batchTokens, maximumLength: min(task.maximumLength, context),
          replayInterval: replayInterval, positive: training.options(seed: 0)),
        stopRules: stop.rules, stretch: candidates.stretch),
      writer: writer.role.source, prompts: writer.options, longestSeed: writer.longestSeed,
      judgeData: judgeData.options,
      agreement: try agreement.data.map { try HumanPreferences(path: $0, limit: agreement.limit) },
      tieMargin: agreement.tieMargin, comparesHeadToHead: task.headToHead)
  }
}

extension InstructionRecipe.Writer {
  fileprivate var options: PromptOptions {
    var options = PromptOptions()
    options.seedExamples = seedExamples
    options.generatedExamples = generatedExamples
    options.temperature = Float(temperature)
    options.topP = Float(topP)
    options.maximumTokens = maximumTokens
    options.wave = wave
    options.attemptsPerPrompt = attempts
    options.introduction = introduction
    options.label = label
    options.filter.greatestOverlap = filter.overlap
    options.filter.words = (filter.words.first ?? 1)...(filter.words.last ?? Int.max)
    options.filter.blockedWords = filter.blocked
    options.filter.allowsLeadingPunctuation = filter.leadingPunctuation
    options.filter.allowsLeadingNonASCII = filter.leadingNonASCII
    return options
  }
}

extension InstructionRecipe.JudgeData {
  fileprivate var options: JudgeDataOptions {
    JudgeDataOptions(
      ranked: ranked.path.map { path in
        JudgeDataOptions.Ranked(path: path, limit: ranked.limit, options: ranked.options(rubric.prompt))
      },
      corrupted: corrupted.answers > 0
        ? JudgeDataOptions.Corrupted(answers: corrupted.answers, seeds: corrupted.seeds(rubric.prompt)) : nil,
      mostCommonRatio: mostCommonRatio)
  }
}

extension InstructionRecipe.JudgeData.Ranked {
  fileprivate func options(_ rubric: JudgePrompt) -> RankedAnswerSeeds.Options {
    var options = RankedAnswerSeeds.Options()
    options.rubric = rubric
    options.attempts = attempts
    options.temperature = Float(temperature)
    options.topP = Float(topP)
    options.maximumTokens = maximumTokens
    return options
  }
}

extension InstructionRecipe.JudgeData.Corrupted {
  fileprivate func seeds(_ rubric: JudgePrompt) -> CorruptionSeeds {
    var seeds = CorruptionSeeds(rubric: rubric)
    seeds.corruptionsPerAnswer = corruptions
    seeds.form =
      switch form {
      case .scoreOnly: .scoreOnly
      case .reasoned: .reasoned
      }
    return seeds
  }
}
