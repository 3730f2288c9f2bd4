import Datasets
import Models
import Recipes
import SelfReward
import Training

extension SelfRewardRecipe.Arm {
  var arm: Arm {
    switch self {
    case .own: .own
    case .oracle: .oracle
    case .random: .random
    case .positive: .positive
    case .shuffled: .shuffled
    }
  }
}

extension SelfRewardRecipe.Task.Form {
  var form: ArithmeticTask.Form {
    switch self {
    case .narrative: .narrative
    case .steps: .steps
    case .board: .board
    }
  }
}

extension SelfRewardRecipe.Role {
  var source: PolicySource {
    switch self {
    case .base: .base
    case .start: .start
    case .current: .current
    case .path(let path): .path(path)
    case .proxied(let large, let alpha): .proxied(large: large, alpha: Float(alpha))
    }
  }
}

extension SelfRewardRecipe {
  var arithmetic: ArithmeticTask {
    ArithmeticTask(
      difficulty: .init(
        steps: task.steps[0]...task.steps[1], largest: task.largest, bagsPercent: task.bagsPercent),
      startDifficulty: .init(
        steps: start.steps[0]...start.steps[1], largest: task.largest, bagsPercent: task.bagsPercent),
      form: task.form.form, countsWorking: task.right == .working)
  }

  /// What the start learns of judging; nil: nothing.
  var startJudging: JudgeDataOptions.Corrupted? {
    guard start.judgeExamples > 0, let rubric = judge.rubric else { return nil }
    var seeds = CorruptionSeeds(rubric: rubric.prompt)
    seeds.corruptionsPerAnswer = start.judgeCorruptions
    return JudgeDataOptions.Corrupted(answers: start.judgeExamples, seeds: seeds)
  }

  /// The seeds of its runs.
  var runSeeds: [UInt64] { (0..<UInt64(seeds)).map { seed + $0 } }

  /// Everything that an experiment does, but for the models.
  func options(method: TunedModel.Method, maximumLength: Int) -> ExperimentOptions {
    var gate = AuditGate()
    gate.areaUnderCurve = self.gate.areaUnderCurve
    gate.selectionGain = self.gate.selectionGain
    gate.pairs = self.gate.pairs
    gate.isEnforced = self.gate.enforce
    var examined: PolicySource?
    if case .proxied = judge.role { examined = judge.role.source }
    return ExperimentOptions(
      arms: arms.map(\.arm), seeds: runSeeds,
      loop: LoopOptions(
        rounds: rounds, prompts: task.prompts, validationPrompts: task.validation,
        candidates: candidates.options, generator: candidates.generator.source, pairs: pairs.options,
        votesByRound: pairs.votes,
        training: RoundTrainingOptions(
          training: training.options(seed: 0), preference: preference.options, method: method,
          batchTokens: training.batchTokens, maximumLength: maximumLength,
          replayInterval: replayInterval, positive: positive.options(seed: 0),
          positiveBatchTokens: positive.batchTokens),
        stopRules: stop.rules, stretch: candidates.stretch),
      gate: gate, auditProblems: task.audit, testProblems: task.test, examined: examined)
  }
}

extension SelfRewardRecipe.Candidates {
  var options: CandidateOptions {
    var options = CandidateOptions()
    options.count = count
    options.temperature = Float(temperature)
    options.topP = Float(topP)
    options.maximumTokens = maximumTokens
    return options
  }
}

extension SelfRewardRecipe.Pairs {
  var options: PairOptions {
    var options = PairOptions()
    options.margin = margin
    options.floor = floor
    options.requiresDifferentAnswers = differentAnswers
    options.requiresAgreement = agreement
    options.isAnchored = anchored
    options.weighting =
      switch weights {
      case .none: .none
      case .votes: .votes
      case .agreement: .agreement
      }
    options.lengthControl =
      switch lengthControl {
      case .none: .none
      case .zeroGap: .zeroGap
      case .band: .band(band)
      }
    return options
  }
}

extension SelfRewardRecipe.Stop {
  var rules: StopRules {
    var rules = StopRules()
    rules.voteShare = voteShare
    rules.tieRate = tieRate
    rules.lengthDrift = lengthDrift
    rules.entropyFloor = entropyFloor
    rules.rollsBack = rollback
    return rules
  }
}

extension SelfRewardRecipe.Model {
  /// Which parameters learn.
  func method(over checkpoint: Checkpoint) throws -> TunedModel.Method {
    try adapter.map { .lowRank(try $0.configuration(over: checkpoint.configuration)) } ?? .full
  }
}
