import Formats

/// How well a model judged, by one reward, on one set of people's comparisons.
public struct MeasuredAgreement: Sendable {
  /// Which model judged.
  public let model: String
  public let agreement: JudgeAgreement

  /// As other programs read it.
  public var json: JSON {
    var json: JSONObject = ["model": .string(model)]
    for (name, value) in agreement.json.objectValue ?? JSONObject() { json[name] = value }
    return .object(json)
  }
}

/// Holds models' judgments against people's, as stages.
struct AgreementStage {
  let data: [HumanPreferences]
  /// Scores no farther apart than this are a tie.
  let tieMargin: Double
  let stages: RoundStages

  /// What a model's judges make of every set.
  func agreements(_ model: String, _ judges: [RoundJudge]) throws -> [MeasuredAgreement] {
    try data.indices.flatMap { place -> [MeasuredAgreement] in
      let sets = data[place].sets
      let prompts = RoundStages.checksum(sets.map { .string($0.prompt) })
      return try judges.indices.map { number in
        let judge = judges[number]
        let judged = try stages.judging(
          "\(model)-data-\(place + 1)-judge-\(number + 1)", of: sets, by: judge, prompts: prompts)
        return MeasuredAgreement(
          model: model,
          agreement: JudgeAgreement(
            data[place], judgments: judged.judgments, by: judge.reward.name, counts: judged.counts,
            tieMargin: tieMargin))
      }
    }
  }
}
