import Formats

/// Everything that is known of a round of an arm: what the loop saw, and beside it what is true.
public struct RoundLedger: Sendable, Hashable {
  public var arm: Arm
  public var seed: UInt64
  /// 0 is the start, which all arms share.
  public var round: Int
  /// What names the model's weights.
  public var model: String
  public var examination: Examination
  /// Of other models that the round's model is part of, by name: the proxied one.
  public var others: [String: Examination]
  public var health: RoundHealth
  /// Of the round's own candidates and pairs; nil for the start.
  public var statistics: CandidateStatistics?
  public var scores: ScoreStatistics?
  /// What the judge counted beside its judgments: retries, minds that changed with the order; empty where nothing.
  public var judging = JSONObject()
  public var audit: JudgeAudit?
  public var counts: PairCounts?
  public var metrics: JSON
  /// Why the rounds ended with this one, where a rule without labels said so.
  public var stopReason: String?

  /// As it lies in `ledger.json`.
  public var json: JSON {
    var json: JSONObject = [
      "arm": .string(arm.rawValue), "seed": .integer(Int(seed)), "round": .integer(round),
      "model": .string(model), "test": examination.json,
    ]
    if !others.isEmpty {
      json["test_others"] = .object(
        JSONObject(others.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
    }
    json["candidates"] = statistics?.json
    json["scores"] = scores?.json
    if !judging.isEmpty { json["judging"] = .object(judging) }
    json["judge"] = audit?.json
    json["pairs"] = counts?.json
    json["training"] = metrics
    json["validation"] = health.json
    json["stop"] = stopReason.map { .string($0) } ?? .null
    return .object(json)
  }
}
