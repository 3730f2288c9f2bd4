import Evaluation

/// Which reward judges, with all its options: what a recipe says, typed.
public indirect enum RewardSpecification: Sendable, Hashable {
  case statement(StatementReward.Aggregation)
  /// With the least and the greatest number that may stand in a statement.
  case statementExpected(numbers: ClosedRange<Int>)
  case sampledRubric(SampledRubricOptions)
  case expectedScore(JudgePrompt)
  case verifier(ChoicePrompt)
  case pairwise(ChoicePrompt, PairwiseCounting)
  case majorityVote(AnswerRule)
  case calculator(scoreWithoutEquations: Double?)
  case likelihood(LikelihoodTemplate?, isLengthNormalized: Bool)
  /// β(log π − log π_ref), of the judge and the reference.
  case implicit(beta: Double, isLengthNormalized: Bool)
  /// A program that judges: JSON lines through its standard input and output.
  case command([String], RetryOptions)
  /// An address that judges: JSON over POST.
  case http(String, RetryOptions)
  case combined([Weighted])
  /// The first orders candidates, the others have to agree.
  case agreement([RewardSpecification])

  /// A part of a weighted sum.
  public struct Weighted: Sendable, Hashable {
    public var weight: Double
    public var reward: RewardSpecification

    public init(weight: Double, reward: RewardSpecification) {
      self.weight = weight
      self.reward = reward
    }
  }

  /// The name of the reward that it makes.
  public var name: String {
    switch self {
    case .statement(let aggregation): "statement-\(aggregation.rawValue)"
    case .statementExpected: "statement-expected"
    case .sampledRubric: "sampled"
    case .expectedScore: "expected-score"
    case .verifier: "verifier"
    case .pairwise: "pairwise"
    case .majorityVote: "majority-vote"
    case .calculator: "calculator"
    case .likelihood: "likelihood"
    case .implicit: "implicit"
    case .command: "command"
    case .http: "http"
    case .combined: "combined"
    case .agreement: "agreement"
    }
  }

  /// Whether a model has to judge.
  public var needsJudge: Bool {
    switch self {
    case .statement, .statementExpected, .sampledRubric, .expectedScore, .verifier, .pairwise, .likelihood,
      .implicit:
      true
    case .majorityVote, .calculator, .command, .http: false
    case .combined(let parts): parts.contains { $0.reward.needsJudge }
    case .agreement(let parts): parts.contains(where: \.needsJudge)
    }
  }

  /// Whether the judge is held against another model.
  public var needsReference: Bool {
    switch self {
    case .implicit: true
    case .combined(let parts): parts.contains { $0.reward.needsReference }
    case .agreement(let parts): parts.contains(where: \.needsReference)
    default: false
    }
  }

  /// Makes the reward.
  ///
  /// - Parameters:
  ///   - judge: The model that judges; needed where `needsJudge`.
  ///   - reference: What `implicit` compares the judge with.
  /// - Throws: `SelfRewardError.missingRole`; what the reward finds wrong with its options.
  public func makeReward(judge: Policy?, reference: Policy? = nil) throws -> any Reward {
    func required(_ policy: Policy?, _ role: String) throws -> Policy {
      guard let policy else { throw SelfRewardError.missingRole(reward: name, role: role) }
      return policy
    }
    func part(_ specification: RewardSpecification) throws -> any Reward {
      try specification.makeReward(judge: judge, reference: reference)
    }
    switch self {
    case .statement(let aggregation):
      return StatementReward(judge: try required(judge, "judge"), aggregation: aggregation)
    case .statementExpected(let numbers):
      return ExpectedStatementReward(judge: try required(judge, "judge"), numbers: numbers)
    case .sampledRubric(let options):
      return try SampledRubricReward(judge: try required(judge, "judge"), options)
    case .expectedScore(let rubric):
      return try ExpectedScoreReward(judge: try required(judge, "judge"), rubric: rubric)
    case .verifier(let question):
      return try VerifierReward(judge: try required(judge, "judge"), question: question)
    case .pairwise(let question, let counting):
      return try PairwiseReward(judge: try required(judge, "judge"), question: question, counting: counting)
    case .majorityVote(let rule):
      return MajorityVoteReward(rule: rule)
    case .calculator(let score):
      return CalculatorReward(scoreWithoutEquations: score)
    case .likelihood(let template, let isLengthNormalized):
      return try LikelihoodReward(
        judge: try required(judge, "judge"), template: template, isLengthNormalized: isLengthNormalized)
    case .implicit(let beta, let isLengthNormalized):
      return ImplicitReward(
        policy: try required(judge, "judge"), reference: try required(reference, "reference"), beta: beta,
        isLengthNormalized: isLengthNormalized)
    case .command(let arguments, let options):
      return try ExternalReward(
        name: name, transport: try CommandTransport(arguments, timeout: options.timeout), options: options)
    case .http(let address, let options):
      return try ExternalReward(
        name: name, transport: try HTTPTransport(address, timeout: options.timeout), options: options)
    case .combined(let parts):
      return try CombinedReward(try parts.map { ($0.weight, try part($0.reward)) })
    case .agreement(let parts):
      return try AgreementReward(try parts.map(part))
    }
  }
}
