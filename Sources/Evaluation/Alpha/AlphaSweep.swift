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

  /// Scores every strength on a task; nil where `shouldStop` said so.
  ///
  /// Where a task asks for likelihoods, each row is read once, and its logits serve all strengths; answers that are
  /// written differ from their first token on, so each strength writes its own, many rows at a time.
  ///
  /// - Parameters:
  ///   - fingerprint: Names the proxy-tuned model's parts, under which written answers are kept in the log.
  ///   - log: Where they are kept and found again; nil for nowhere.
  public init?(
    task: any EvaluationTask, proxied: ProxiedModel, tokenizer: Tokenizer,
    alphas: [Float] = AlphaSweep.usualAlphas, drafter: (any Drafter)? = nil, fingerprint: String = "",
    log: AnswerLog? = nil, shouldStop: () -> Bool = { false }
  ) throws {
    let alphas = AlphaSweep.sorted(alphas)
    let queries = (0..<task.rowCount).map { task.query($0) }
    let estimates: [Estimate]
    if queries.contains(where: { if case .generation = $0 { true } else { false } }) {
      let systems = alphas.map { alpha in
        EvaluatedSystem(
          name: "α = \(alpha)", model: proxied.with(alpha: alpha), tokenizer: tokenizer,
          fingerprint: ProxiedModel.fingerprint(parts: fingerprint, alpha: alpha, limits: proxied.limits),
          drafter: drafter)
      }
      guard let comparison = try ComparisonRun(systems, log: log).run(task, shouldStop: shouldStop) else {
        return nil
      }
      estimates = comparison.systems.map(\.estimate)
    } else {
      let scorer = SweepScorer(proxied, tokenizer: tokenizer, alphas: alphas)
      var responses: [[Response]] = []
      for query in queries {
        if shouldStop() { return nil }
        responses.append(try scorer.responses(to: query))
      }
      estimates = try alphas.indices.map { place in
        let grades = try task.grades(
          responses.enumerated().map { RowResponse(row: $0, $1[place]) })
        return Estimate(grades.map(\.score), weights: grades.map(\.weight))
      }
    }
    self.init(
      metric: task.metric, points: zip(alphas, estimates).map { Point(alpha: $0, estimate: $1) },
      rowCount: task.rowCount)
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
    let known = prompts.filter { $0.count > 1 }
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

  /// Ascending, each once, and the base among them, which everything is compared with.
  private static func sorted(_ alphas: [Float]) -> [Float] { Set(alphas + [0]).sorted() }

  /// For the report's curve.
  public var curve: [(alpha: Float, score: Double)] { points.map { ($0.alpha, $0.estimate.mean) } }
}
