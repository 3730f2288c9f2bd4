import Evaluation
import Formats
import Models
import Recipes
import SelfReward

extension SelfRewardRecipe.Judge {
  /// The reward in its role, in a round that begins with the model at `current`; only models that it needs are
  /// loaded.
  func roundJudge(_ policies: PolicyLoader, current: String) throws -> RoundJudge {
    let parts = rewards.map {
      RewardSpecification.Weighted(weight: $0.weight, reward: $0.specification)
    }
    let specification: RewardSpecification =
      switch (parts.count, combination) {
      case (1, _): parts[0].reward
      case (_, .sum): .combined(parts)
      case (_, .agreement): .agreement(parts.map(\.reward))
      }
    let judge = try specification.needsJudge ? policies.policy(role.source, current: current) : nil
    return try specification.roundJudge(judge) { try policies.policy(.base, current: current) }
  }
}

// MARK: - Checking

// What a run needs late is looked for before anything is spent on what leads up to it.

extension SelfRewardRecipe.Role {
  /// Looks for the model.
  func check() throws {
    switch self {
    case .base, .start, .current: break
    case .path(let path), .proxied(let path, _): _ = try Checkpoint.load(path)
    }
  }
}

extension SelfRewardRecipe.Judge {
  /// Looks for the model and for programs that judge.
  func check() throws {
    try role.check()
    for reward in rewards { try reward.check() }
  }
}

extension SelfRewardRecipe.Reward {
  /// Looks for the program that judges, where one does.
  func check() throws {
    if kind == .command { try CommandTransport.check(command) }
  }
}

// MARK: - Making

extension RewardSpecification {
  /// The reward as a policy judges.
  ///
  /// - Parameter reference: What the implicit reward compares the judge with; loaded for no other.
  func roundJudge(_ judge: Policy?, reference: () throws -> Policy) throws -> RoundJudge {
    RoundJudge(
      try makeReward(judge: judge, reference: needsReference ? reference() : nil),
      fingerprint: judge?.fingerprint ?? "\(Fingerprint(of: "\(self)"))")
  }
}

extension SelfRewardRecipe.Reward {
  /// What judges, with all its options.
  var specification: RewardSpecification {
    switch kind {
    case .statement: .statement(.sum)
    case .statementMean: .statement(.mean)
    case .statementLeast: .statement(.least)
    case .statementExpected: .statementExpected(numbers: numbers[0]...numbers[1])
    case .calculator: .calculator(scoreWithoutEquations: scoreWithoutEquations)
    case .vote: .majorityVote(.lastNumber)
    case .likelihood: .likelihood(nil, isLengthNormalized: isLengthNormalized)
    case .implicit: .implicit(beta: beta, isLengthNormalized: isLengthNormalized)
    case .verifier: .verifier(.verifier)
    case .pairwise: .pairwise(.pairwise, counting.counting)
    case .expectedScore: .expectedScore(rubric.prompt)
    case .sampled: .sampledRubric(sampledRubric)
    case .command: .command(command, retries.options)
    case .http: .http(address, retries.options)
    }
  }

  private var sampledRubric: SampledRubricOptions {
    var options = SampledRubricOptions()
    options.rubric = rubric.prompt
    options.samples = samples
    options.temperature = Float(temperature)
    options.topP = Float(topP)
    options.maximumTokens = maximumTokens
    return options
  }
}

extension SelfRewardRecipe.Counting {
  fileprivate var counting: PairwiseCounting {
    switch self {
    case .wins: .wins
    case .probabilities: .probabilities
    }
  }
}

extension SelfRewardRecipe.Retries {
  fileprivate var options: RetryOptions {
    var options = RetryOptions()
    options.attempts = attempts
    options.timeout = timeout
    options.firstDelay = firstDelay
    options.delayFactor = delayFactor
    options.longestDelay = longestDelay
    options.patience = patience
    return options
  }
}

extension SelfRewardRecipe.Rubric {
  var prompt: JudgePrompt {
    switch self {
    case .additive: .additive
    case .short: .short
    case .own(let own):
      JudgePrompt(
        name: "own", template: TextTemplate(own.text), scores: own.scores[0]...own.scores[1],
        label: own.label)
    }
  }
}
