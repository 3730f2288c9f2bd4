import Decoding
import Proxy
import Tokenizers

/// How a proxy-tuned model fares at several strengths of the offset, on rows that are kept apart for choosing one.
public struct AlphaSweep: Sendable {
  /// One strength.
  public struct Point: Sendable, Hashable {
    public let alpha: Float
    public let estimate: Estimate

    public init(alpha: Float, estimate: Estimate) {
      self.alpha = alpha
      self.estimate = estimate
    }
  }

  /// What the points measure.
  public let metric: Metric
  public let points: [Point]
  public let rowCount: Int

  public init(metric: Metric, points: [Point], rowCount: Int) {
    self.metric = metric
    self.points = points
    self.rowCount = rowCount
  }

  /// The strengths that are tried unless somebody names others; 0 is the base, 1 the paper's.
  public static let usualAlphas: [Float] = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2]

  /// What a person calls unlabelled text's measure.
  static let perplexityMetric = Metric("nats a token of the prompts", isHigherBetter: false, isShare: false)

  /// Scores every strength on a task, all strengths together; nil where `shouldStop` said so.
  ///
  /// - Parameters:
  ///   - stopTokens: The tokens that end an answer; nil for the tokenizer's own.
  ///   - fingerprint: Names the proxy-tuned model's parts, under which answers are kept in the log.
  ///   - log: Where they are kept and found again; nil for nowhere.
  ///   - progress: Is told now and then how many rows are answered at all strengths.
  public init?(
    task: any EvaluationTask, proxied: ProxiedModel, tokenizer: Tokenizer,
    stopTokens: Set<TokenID>? = nil, alphas: [Float] = AlphaSweep.usualAlphas, drafter: (any Drafter)? = nil,
    fingerprint: String = "", log: AnswerLog? = nil, shouldStop: () -> Bool = { false },
    progress: (Int) -> Void = { _ in }
  ) throws {
    let alphas = AlphaSweep.sorted(alphas)
    let run = SweepRun(
      proxied, tokenizer: tokenizer, stopTokens: stopTokens, alphas: alphas, drafter: drafter,
      fingerprint: fingerprint, log: log)
    guard let rows = try run.run(task, shouldStop: shouldStop, progress: progress) else { return nil }
    self.init(
      metric: task.metric,
      points: zip(alphas, rows).map { alpha, rows in
        Point(alpha: alpha, estimate: SystemResult(name: "α = \(alpha)", rows: rows).estimate)
      }, rowCount: task.rowCount)
  }

  /// Scores every strength without any answers: by how likely the proxy-tuned model finds the prompts themselves.
  ///
  /// A strength at which the questions read naturally is a fair guess of one at which answers do (as TriMix chooses its
  /// weights).
  public init(
    prompts: [[TokenID]], proxied: ProxiedModel, tokenizer: Tokenizer,
    alphas: [Float] = AlphaSweep.usualAlphas
  ) throws {
    let alphas = AlphaSweep.sorted(alphas)
    let scorer = SweepScorer(proxied, tokenizer: tokenizer, alphas: alphas)
    let known = prompts.filter { $0.count > 1 }.map { Array($0.prefix(proxied.contextLength)) }
    guard !known.isEmpty else { throw EvaluationError.nothingToSweep("no prompt has two tokens") }
    let likelihoods = try known.map { prompt in
      try scorer.likelihoods([Completion(prompt: Array(prompt[..<1]), tokens: Array(prompt[1...]))])[0]
    }
    let points = alphas.indices.map { place in
      let own = likelihoods.map { $0[place] }
      return Point(
        alpha: alphas[place],
        estimate: Estimate(
          own.map { -$0.logProbability / Double($0.tokenCount) }, weights: own.map { Double($0.tokenCount) }))
    }
    self.init(metric: Self.perplexityMetric, points: points, rowCount: known.count)
  }

  /// Whether answers were scored, not prompts alone.
  var isLabelled: Bool { metric != Self.perplexityMetric }

  /// Ascending, each once, and the base among them, which everything is compared with.
  private static func sorted(_ alphas: [Float]) -> [Float] { Set(alphas + [0]).sorted() }
}
