import Decoding
import Formats
import Tokenizers
import Training

/// Looks at a round's model without answers: its samples on fixed prompts, beside the start's on the same.
struct ValidationStage {
  let problems: [Problem]
  /// The start's candidates; empty while the start itself is looked at.
  let startSets: [CandidateSet]
  /// The recipe's judge as it was at the start, the same for all arms and rounds; nil: nobody judges.
  let judge: RoundJudge?

  /// How many samples a prompt gets.
  static let samples = 4

  /// The model's samples.
  func sets(
    _ stages: RoundStages, by policy: Policy, _ options: CandidateOptions
  ) throws -> [CandidateSet] {
    var options = options
    options.count = Self.samples
    return try stages.candidates("validation", of: problems, by: policy, options)
  }

  func health(
    _ stages: RoundStages, model: String, policies: PolicyLoader, _ options: CandidateOptions
  ) throws -> RoundHealth {
    let policy = try policies.policy(.current, current: model)
    let own = try sets(stages, by: policy, options)
    let start = try policies.policy(.start, current: model)
    let likelihoods = try likelihoods(stages, of: own, policy: policy, start: start)
    let tokens = max(1, likelihoods.reduce(0) { $0 + $1.tokens })
    var judged: [[Judgment]]?
    if let judge {
      let rivals = startSets.isEmpty ? own : startSets
      let both = zip(own, rivals).map { one, other in
        var set = one
        set.candidates += other.candidates
        return set
      }
      judged = try stages.judgments(
        "validation-judgments", of: both, by: judge)
    }
    return RoundHealth(
      candidates: CandidateStatistics(own),
      scores: judged.map { ScoreStatistics($0.map { Array($0.prefix(Self.samples)) }) },
      entropy: -likelihoods.reduce(0) { $0 + $1.own } / Double(tokens),
      divergence: likelihoods.reduce(0) { $0 + $1.own - $1.start } / Double(tokens),
      winRate: judged.map { RoundHealth.winRate($0, own: Self.samples) })
  }

  /// The log-probability of each prompt's samples together, under the model and under the start.
  private func likelihoods(
    _ stages: RoundStages, of sets: [CandidateSet], policy: Policy, start: Policy
  ) throws -> [(own: Double, start: Double, tokens: Int)] {
    let header: JSON = [
      "stage": "validation-likelihoods", "model": .string(policy.fingerprint),
      "start": .string(start.fingerprint),
      "candidates": .string(RoundStages.checksum(sets.flatMap { $0.candidates.map(\.row) })),
    ]
    let file = StageFile(path: stages.path("validation-likelihoods.jsonl"), header: header)
    let rows = try file.rows(stretches: 1, isStopped: { stages.stop?.isRequested ?? false }) { _ in
      let own = try policy.logProbability(of: sets)
      let before = policy.fingerprint == start.fingerprint ? own : try start.logProbability(of: sets)
      return sets.indices.map {
        [
          "id": .string(sets[$0].id), "tokens": .integer(own[$0].tokens), "log_p": .number(own[$0].sum),
          "log_p_start": .number(before[$0].sum),
        ]
      }
    }
    return try rows.enumerated().map { index, row in
      let reader = NumberReader(row, path: file.path, row: index + 1)
      return (
        try reader.number("log_p"), try reader.number("log_p_start"), try reader.integer("tokens")
      )
    }
  }
}
