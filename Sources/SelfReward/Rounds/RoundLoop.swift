import Datasets
import Formats
import Foundation
import Models
import Training

/// How the rounds of an arm go.
public struct LoopOptions: Sendable {
  public var rounds: Int
  /// How many fresh prompts a round has.
  public var prompts: Int
  /// How many prompts without answers rounds are compared on.
  public var validationPrompts: Int
  public var candidates: CandidateOptions
  public var generator: PolicySource
  public var pairs: PairOptions
  /// The least share of votes in each round, in place of the pairs' own; the last one stays.
  public var votesByRound: [Double]
  public var training: RoundTrainingOptions
  public var stopRules: StopRules
  /// How many prompts are answered or judged together: what is lost at most when the process is killed.
  public var stretch: Int

  public init(
    rounds: Int, prompts: Int, validationPrompts: Int, candidates: CandidateOptions,
    generator: PolicySource = .current, pairs: PairOptions, votesByRound: [Double] = [],
    training: RoundTrainingOptions, stopRules: StopRules = StopRules(), stretch: Int = 32
  ) {
    self.rounds = rounds
    self.prompts = prompts
    self.validationPrompts = validationPrompts
    self.candidates = candidates
    self.generator = generator
    self.pairs = pairs
    self.votesByRound = votesByRound
    self.training = training
    self.stopRules = stopRules
    self.stretch = stretch
  }

  /// How pairs are made in a round of an arm.
  func pairs(_ arm: Arm, round: Int) -> PairOptions {
    var options = pairs
    if !votesByRound.isEmpty { options.minimumVotes = votesByRound[min(round, votesByRound.count) - 1] }
    switch arm {
    case .own, .positive: break
    case .random: options.selection = .random
    case .shuffled:
      options.selection = .shuffled
      // Votes can't be dealt out anew: they would bring back what the scores have lost.
      options.minimumVotes = nil
      if options.weighting == .votes { options.weighting = .none }
    case .oracle:
      // The truth has two values and one opinion: neither margins nor votes nor agreement mean anything to it.
      options.margin = 0
      options.floor = nil
      options.minimumVotes = nil
      options.requiresAgreement = false
      options.weighting = .none
    }
    return options
  }
}

/// What a round came to, as far as can be known without answers.
public struct RoundOutcome {
  public let round: Int
  /// The folder of the model that the round made, and what names its weights.
  public let model: String
  public let fingerprint: String
  /// What became of the prompts that were proposed, where a model wrote them.
  public let promptCounts: JSONObject
  public let sets: [CandidateSet]
  /// nil where nobody judges.
  public let judgments: [[Judgment]]?
  /// What the judge counted beside its judgments: retries, minds that changed with the order; empty where nothing.
  public let judgingCounts: JSONObject
  public let pairs: [SelectedPair]
  public let counts: PairCounts
  public let health: RoundHealth
  /// What the training measured at its end, by name.
  public let metrics: JSON
}

/// The rounds of one arm: prompts, candidates, judgments, pairs, training, each a file, each made once.
///
/// Everything is a pure function of (seed, arm, round), so a loop that was interrupted goes on and makes the same.
public struct RoundLoop {
  let arm: Arm
  let seed: UInt64
  /// The arm's folder; rounds are folders in it.
  let folder: String
  /// Folders of other arms of the same seed.
  let siblings: [String]
  let options: LoopOptions
  let prompts: any PromptSupply
  let policies: PolicyLoader
  /// The judge of a round that begins with a model; nil: this arm has none.
  let makeJudge: (_ arm: Arm, _ current: String) throws -> RoundJudge?
  let training: RoundTraining
  let validation: ValidationStage
  let stop: StopSignal?

  /// Runs a round, or reads what was made of it before.
  ///
  /// - Throws: `SelfRewardLoopError.interrupted` when a stop was asked for; what the stages throw.
  func run(_ round: Int, from model: String) throws -> RoundOutcome {
    let folder = "\(folder)/round-\(round)"
    try Folder.create(folder)
    let stages = RoundStages(
      folder: folder, seed: StageSeed(seed: seed, round: round), stop: stop, stretch: options.stretch,
      twins: siblings.map { "\($0)/round-\(round)" })
    let supplied = try prompts.prompts(stages, count: options.prompts, seed: seed, current: model)
    let asked = supplied.problems
    let generator = try policies.policy(options.generator, current: model)
    let sets = try stages.candidates("candidates", of: asked, by: generator, options.candidates)
    let judged = try makeJudge(arm, model).map { try stages.judging("judgments", of: sets, by: $0) }
    let judgments = judged?.judgments
    let (pairs, counts) = try self.pairs(stages, asked, sets, judgments, current: model)
    guard !pairs.isEmpty else { throw SelfRewardLoopError.noPairs(round: round, counts: counts) }
    let pairsPath = try write(pairs, of: sets, counts, stages)
    let made = try train(stages, pairs, sets, from: model, pairsPath: pairsPath)
    let health = try validation.health(stages, model: made.model, policies: policies, options.candidates)
    return RoundOutcome(
      round: round, model: made.model, fingerprint: made.fingerprint, promptCounts: supplied.counts,
      sets: sets, judgments: judgments, judgingCounts: judged?.counts ?? JSONObject(), pairs: pairs,
      counts: counts, health: health, metrics: made.metrics)
  }

  private func pairs(
    _ stages: RoundStages, _ asked: [Problem], _ sets: [CandidateSet], _ judgments: [[Judgment]]?,
    current: String
  ) throws -> (pairs: [SelectedPair], counts: PairCounts) {
    let pairing = options.pairs(arm, round: stages.seed.round)
    func blank(_ sets: [CandidateSet]) -> [[Judgment]] { sets.map { $0.candidates.map { _ in .missing } } }
    var anchors: PairMaker.Anchors?
    if pairing.isAnchored {
      let judge = try makeJudge(arm, current)
      let start = try policies.policy(.start, current: current)
      let anchored = try stages.candidates("anchors", of: asked, by: start, options.candidates)
      anchors = PairMaker.Anchors(
        sets: anchored,
        judgments: try judge.map { try stages.judgments("anchor-judgments", of: anchored, by: $0) }
          ?? blank(anchored))
    }
    return PairMaker(pairing).pairs(
      sets, judgments ?? blank(sets), anchors: anchors, seed: stages.seed("pairs"))
  }

  /// Writes the pairs as a data set, which anybody can train on.
  private func write(
    _ pairs: [SelectedPair], of sets: [CandidateSet], _ counts: PairCounts, _ stages: RoundStages
  ) throws -> String {
    let path = stages.path("pairs.h5")
    let rows = pairs.map { $0.row(prompt: sets[$0.set].prompt) }
    let source =
      "self-rewarding round \(stages.seed.round), seed \(seed), arm \(arm.rawValue), "
      + "pairs \(RoundStages.checksum(rows))"
    if FileManager.default.fileExists(atPath: path) {
      guard try Dataset(path: path).source == source else { throw SelfRewardLoopError.otherRun(path: path) }
      return path
    }
    // No time of making: equal rounds write equal bytes.
    let description = DatasetDescription(
      kind: .preference, source: source, created: Date(timeIntervalSince1970: 0))
    try DatasetWriter.create(at: path, description) { writer in
      for pair in pairs {
        let text = PreferenceText(
          prompt: sets[pair.set].prompt, chosen: pair.chosen.text, rejected: pair.rejected.text,
          weight: pair.weight, chosenScore: pair.chosenScore, rejectedScore: pair.rejectedScore)
        try writer.append(text.row, split: "train")
      }
    }
    return path
  }

  private func train(
    _ stages: RoundStages, _ pairs: [SelectedPair], _ sets: [CandidateSet], from model: String,
    pairsPath: String
  ) throws -> (model: String, fingerprint: String, metrics: JSON) {
    let output = stages.path("model")
    let seed = stages.seed("training")
    let file = StageFile(
      path: stages.path("training.jsonl"),
      header: [
        "stage": "training", "seed": .string("\(seed)"),
        "from": .string("\(try Checkpoint.load(model).fingerprint)"),
        "pairs": .string(try Dataset(path: pairsPath).source),
      ])
    let rows = try file.rows(stretches: 1, isStopped: { stop?.isRequested ?? false }) { _ in
      var lost = JSONObject()
      if arm == .positive {
        let chosen = pairs.map { DatasetRow(["prompt": sets[$0.set].prompt, "response": $0.chosen.text]) }
        try training.imitate(from: model, chosen: chosen, to: output, seed: seed, stop: stop)
      } else {
        lost = try training.prefer(from: model, pairs: pairsPath, to: output, seed: seed, stop: stop)
      }
      var metrics = try TrainingSummary.metrics(of: output)
      for (name, count) in lost { metrics[name] = count }
      return [
        [
          "model": .string("\(try Checkpoint.load(output).fingerprint)"), "metrics": .object(metrics),
        ]
      ]
    }
    // What a training resumes from is three times its model; nobody resumes one that is finished.
    try? FileManager.default.removeItem(atPath: output + "/state")
    let reader = NumberReader(rows.first ?? .null, path: file.path, row: 1)
    return (output, try reader.text("model"), rows.first?["metrics"] ?? .null)
  }
}
