import Formats

/// What a judge said of a round's candidates, counted.
public struct JudgmentCounts: Sendable, Hashable {
  /// Candidates that were judged, or were to be.
  public var candidates = 0
  /// Candidates that have no score.
  public var missing = 0
  /// Single judgments, of which a score is the mean, and those in which nothing could be read.
  public var single = 0
  public var unreadable = 0

  public init(_ judgments: [[Judgment]]) {
    let all = judgments.flatMap { $0 }
    let samples: [Double?] = all.flatMap { $0.samples }
    candidates = all.count
    missing = all.count { $0.score == nil }
    single = samples.count
    unreadable = samples.count { $0 == nil }
  }

  public var json: JSON {
    [
      "candidates": .integer(candidates), "missing": .integer(missing), "single": .integer(single),
      "unreadable": .integer(unreadable),
    ]
  }
}

/// Everything that is known of a round on instructions, where nobody knows what is right.
public struct InstructionLedger: Sendable {
  /// 0 is the start.
  public var round: Int
  /// What names the model's weights.
  public var model: String
  /// What became of the prompts that were proposed.
  public var prompts = JSONObject()
  /// Of the round's own candidates and pairs; nil for the start.
  public var statistics: CandidateStatistics?
  public var judgments: JudgmentCounts?
  public var scores: ScoreStatistics?
  /// What the judge counted beside its judgments: retries, minds that changed with the order; empty where nothing.
  public var judging = JSONObject()
  public var pairs: PairCounts?
  /// Of the model's samples on the held-out prompts, beside the start's.
  public var health: RoundHealth
  /// Its answers against the start's, judged by the frozen start; nil: not compared.
  public var headToHead: HeadToHead?
  /// What the training measured at its end, by name.
  public var metrics: JSON
  /// Why the rounds ended with this one, where a rule said so.
  public var stopReason: String?

  /// The start's.
  init(start: StartModel, health: RoundHealth) {
    round = 0
    model = start.fingerprint
    self.health = health
    metrics = .null
  }

  /// A round's.
  init(_ outcome: RoundOutcome, headToHead: HeadToHead?, stopReason: String?) {
    round = outcome.round
    model = outcome.fingerprint
    prompts = outcome.promptCounts
    statistics = CandidateStatistics(outcome.sets)
    judgments = outcome.judgments.map { JudgmentCounts($0) }
    scores = outcome.judgments.map { ScoreStatistics($0) }
    judging = outcome.judgingCounts
    pairs = outcome.counts
    health = outcome.health
    self.headToHead = headToHead
    metrics = outcome.metrics
    self.stopReason = stopReason
  }

  /// As it lies in `ledger.json`.
  public var json: JSON {
    var json: JSONObject = ["round": .integer(round), "model": .string(model)]
    if !prompts.isEmpty { json["prompts"] = .object(prompts) }
    json["candidates"] = statistics?.json
    json["judgments"] = judgments?.json
    json["scores"] = scores?.json
    if !judging.isEmpty { json["judging"] = .object(judging) }
    json["pairs"] = pairs?.json
    json["head_to_head"] = headToHead?.json
    json["training"] = metrics
    json["validation"] = health.json
    json["stop"] = stopReason.map { .string($0) } ?? .null
    return .object(json)
  }
}
