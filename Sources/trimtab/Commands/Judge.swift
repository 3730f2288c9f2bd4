import ArgumentParser
import Decoding
import Formats
import SelfReward

/// `trimtab judge`: whether a model judges as people do.
struct Judge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold a model's judgments of answers against people's, before it judges its own.",
    discussion: """
      Reads pairs that people compared: LLMBar's or PandaLM's JSON. Rewards: expected-score and sampled ask for a \
      score with a rubric, verifier for P(yes), pairwise for the better one in both orders, likelihood for nothing.
      """)

  /// The rewards that one model alone can give to any answer.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case expectedScore = "expected-score"
    case sampled, verifier, pairwise, likelihood
  }

  @OptionGroup var modelOptions: ModelOptions
  @Option(help: ArgumentHelp("Pairs that people compared (repeatable).", valueName: "pairs.json"))
  var data: [String]
  @Option(help: "What judges: expected-score, sampled, verifier, pairwise or likelihood.")
  var reward = Kind.expectedScore
  @Option(help: "The rubric: additive (the paper's) or short.") var rubric: String?
  @Option(help: "The template that the judge is asked through (default: the model's own).") var template:
    String?
  @Option(help: "Judgments of each answer that are averaged (sampled).") var samples = 3
  @Option(help: "How freely it speaks (sampled).") var temperature: Float = 0.7
  @Option(help: "The most tokens of a judgment (sampled).") var maxTokens = 256
  @Option(help: "Scores no farther apart than this are a tie.") var tieMargin = 0.0
  @Option(help: "Only that many of the first pairs.") var limit: Int?
  @Option(help: "Seed of the random draws.") var seed: UInt64 = 0
  @Option(help: "Write every judgment, as JSON lines.") var judgments: String?
  @Flag(help: "Print one JSON value.") var json = false

  func validate() throws {
    guard tieMargin >= 0 else {
      throw ValidationError("--tie-margin is \(tieMargin), expected a number from 0 up.")
    }
    guard rubric == nil || reward == .expectedScore || reward == .sampled else {
      throw ValidationError("--rubric goes with --reward expected-score or sampled, not \(reward.rawValue).")
    }
  }

  func run() throws {
    try UsageError.check(limit: limit)
    try UsageError.check(output: judgments, inputs: data)
    let sets = try data.map { try HumanPreferences(path: $0, limit: limit) }
    let specification = try makeSpecification()
    let judge = try Policy(try modelOptions.assemble(), name: modelOptions.model, template: template)
    var lines: [String] = []
    let agreements = try sets.map { set in
      let reward = try specification.makeReward(judge: judge)
      Console.note("\(set.name): \(set.pairs.count.counted("pair"))")
      let agreement = try JudgeAgreement(set, reward: reward, tieMargin: tieMargin, seed: seed)
      lines += zip(set.pairs, agreement.judgments).map { $0.judgmentLine($1, of: set.name).text() + "\n" }
      return agreement
    }
    if let judgments { try AtomicFile.write(lines.joined(), to: judgments) }
    if json {
      let values = agreements.map(\.json)
      Console.result((values.count == 1 ? values[0] : .array(values)).text())
    } else {
      for agreement in agreements { Console.result(agreement.table) }
    }
  }

  private func makeSpecification() throws -> RewardSpecification {
    switch reward {
    case .expectedScore: return .expectedScore(try JudgePrompt.named(rubric ?? JudgePrompt.short.name))
    case .sampled:
      var options = SampledRubricOptions()
      options.rubric = try JudgePrompt.named(rubric ?? JudgePrompt.additive.name)
      options.samples = samples
      options.temperature = temperature
      options.maximumTokens = maxTokens
      return .sampledRubric(options)
    case .verifier: return .verifier(.verifier)
    case .pairwise: return .pairwise(.pairwise, .probabilities)
    case .likelihood: return .likelihood(nil, isLengthNormalized: true)
    }
  }
}
