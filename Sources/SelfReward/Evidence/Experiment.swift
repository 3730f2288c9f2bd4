import Formats
import Foundation
import Training

/// What is compared, and on what.
public struct ExperimentOptions: Sendable {
  public var arms: [Arm]
  public var seeds: [UInt64]
  public var loop: LoopOptions
  public var gate: AuditGate
  /// How many labelled problems the judge is audited on, and how many the result is measured on.
  public var auditProblems: Int
  public var testProblems: Int
  /// A further model that the round's model is part of, measured too: the proxied one.
  public var examined: PolicySource?

  public init(
    arms: [Arm], seeds: [UInt64], loop: LoopOptions, gate: AuditGate = AuditGate(), auditProblems: Int,
    testProblems: Int, examined: PolicySource? = nil
  ) {
    self.arms = arms
    self.seeds = seeds
    self.loop = loop
    self.gate = gate
    self.auditProblems = auditProblems
    self.testProblems = testProblems
    self.examined = examined
  }
}

/// The arms of a self-rewarding run side by side, over several seeds, with what is true beside what the loop sees.
///
/// This is the only type that knows both the loop and the oracle; it hands the loop problems, never answers.
public struct Experiment {
  private let options: ExperimentOptions
  private let folder: String
  private let problems: any ProblemSource
  private let oracle: Oracle
  private let crew: Crew
  private let stop: StopSignal?
  private let say: (String) -> Void

  /// Who brings the models.
  public struct Crew {
    /// The start of a seed: its folder, made at the first call.
    public var start: (_ seed: UInt64, _ folder: String) throws -> StartModel
    /// The policies of runs that begin with a start.
    public var policies: (_ start: String) -> PolicyLoader
    /// The recipe's own reward, judged by whoever the recipe says.
    public var reward: (_ policies: PolicyLoader, _ current: String) throws -> RoundJudge
    /// The rounds' training, with the start's examples for replay.
    public var training: (_ start: StartModel) -> RoundTraining

    public init(
      start: @escaping (UInt64, String) throws -> StartModel, policies: @escaping (String) -> PolicyLoader,
      reward: @escaping (PolicyLoader, String) throws -> RoundJudge,
      training: @escaping (StartModel) -> RoundTraining
    ) {
      self.start = start
      self.policies = policies
      self.reward = reward
      self.training = training
    }
  }

  public init(
    _ options: ExperimentOptions, folder: String, problems: any ProblemSource, oracle: Oracle, crew: Crew,
    stop: StopSignal?, say: @escaping (String) -> Void
  ) {
    self.options = options
    self.folder = folder
    self.problems = problems
    self.oracle = oracle
    self.crew = crew
    self.stop = stop
    self.say = say
  }

  /// Runs every arm of every seed, or goes on where it was interrupted.
  public func run() throws -> ExperimentResult {
    var ledgers: [Arm: [[RoundLedger]]] = [:]
    var audits: [JudgeAudit] = []
    var samples: [PairSample] = []
    for seed in options.seeds {
      let run = try begin(seed)
      audits.append(run.audit)
      for finding in try options.gate.check(run.audit) { say("warning: \(finding.text)") }
      for arm in options.arms {
        let (ledger, shown) = try runArm(arm, run)
        ledgers[arm, default: []].append(ledger)
        if seed == options.seeds.first { samples += shown }
      }
    }
    return ExperimentResult(
      arms: options.arms.map { ArmResult(arm: $0, ledgers: ledgers[$0] ?? []) }, audits: audits,
      samples: samples, oracleCallsInLoop: oracle.callsInLoops(except: Arm.oracle.rawValue),
      oracleLog: oracle.json)
  }

  // MARK: - A seed

  /// What the arms of a seed have in common.
  private struct SeedRun {
    let seed: UInt64
    let folder: String
    let start: StartModel
    let policies: PolicyLoader
    let validation: ValidationStage
    let test: [Problem]
    let ledger: RoundLedger
    let audit: JudgeAudit
  }

  private func begin(_ seed: UInt64) throws -> SeedRun {
    let folder = "\(folder)/seed-\(seed)"
    let place = folder + "/start"
    try Folder.create(place)
    let start = try crew.start(seed, place)
    let policies = crew.policies(start.path)
    let stages = RoundStages(
      folder: place, seed: StageSeed(seed: seed, round: 0), stop: stop, stretch: options.loop.stretch)
    let judge = try crew.reward(policies, start.path)

    // The labelled few and the test are the same for all seeds.
    let asked = try stages.problems(
      "audit-problems", .audit, of: problems, count: options.auditProblems, seed: 0)
    let policy = try policies.policy(options.loop.generator, current: start.path)
    let sets = try stages.candidates("audit-candidates", of: asked, by: policy, options.loop.candidates)
    let (judgments, counts) = try stages.judging("audit-judgments", of: sets, by: judge)
    let pairs = PairMaker(options.loop.pairs(.own, round: 1)).pairs(
      sets, judgments, seed: stages.seed("audit")
    ).pairs
    let audit = audit(sets, judgments, pairs, for: .audit)
    say("seed \(seed), audit: \(audit.text)")
    let missing = judgments.reduce(0) { $0 + $1.count { $0.score == nil } }
    if missing > 0 {
      say(
        "warning: \(missing) judgments of \(judgments.reduce(0) { $0 + $1.count }) are missing"
          + (counts.isEmpty ? "" : "; the judge counted \(JSON.object(counts).text())"))
    }
    try AtomicFile.write(audit.json.text(pretty: true) + "\n", to: place + "/audit.json")

    let watched = try stages.problems(
      "validation-problems", .validation, of: problems, count: options.loop.validationPrompts, seed: 0)
    let first = ValidationStage(problems: watched, startSets: [], judge: judge)
    let health = try first.health(
      stages, model: start.path, policies: policies, options.loop.candidates)
    let startSets = try first.sets(
      stages, by: try policies.policy(.start, current: start.path), options.loop.candidates)

    let test = try stages.problems("test-problems", .test, of: problems, count: options.testProblems, seed: 0)
    let (examination, others) = try examine(stages, test, policies, model: start.path)
    let ledger = RoundLedger(
      arm: .own, seed: seed, round: 0, model: start.fingerprint, examination: examination, others: others,
      health: health, metrics: .null)
    try write(ledger, place)
    say("seed \(seed), start: \(summary(ledger))")
    return SeedRun(
      seed: seed, folder: folder, start: start, policies: policies,
      validation: ValidationStage(problems: watched, startSets: startSets, judge: judge), test: test,
      ledger: ledger, audit: audit)
  }

  private func examine(
    _ stages: RoundStages, _ test: [Problem], _ policies: PolicyLoader, model: String
  ) throws -> (own: Examination, others: [String: Examination]) {
    let policy = try policies.policy(.current, current: model)
    let own = try Examination(
      stages, "test", of: test, by: policy, options.loop.candidates, oracle: oracle)
    guard let examined = options.examined else { return (own, [:]) }
    let other = try policies.policy(examined, current: model)
    let its = try Examination(
      stages, "test-\(other.name)", of: test, by: other, options.loop.candidates, oracle: oracle)
    return (own, [other.name: its])
  }

  private func audit(
    _ sets: [CandidateSet], _ judgments: [[Judgment]], _ pairs: [SelectedPair], for purpose: Oracle.Purpose
  ) -> JudgeAudit {
    func isRight(_ text: String, _ set: CandidateSet) -> Bool {
      oracle.isRight(text, to: set.id, for: purpose) == true
    }
    let truth = sets.map { set in set.candidates.map { $0.isComplete && isRight($0.text, set) } }
    return JudgeAudit(sets, judgments, truth: truth, pairs: pairs, isRight: isRight)
  }

  // MARK: - An arm

  private func runArm(_ arm: Arm, _ run: SeedRun) throws -> (ledgers: [RoundLedger], samples: [PairSample]) {
    let loop = RoundLoop(
      arm: arm, seed: run.seed, folder: "\(run.folder)/\(arm.rawValue)",
      siblings: options.arms.filter { $0 != arm }.map { "\(run.folder)/\($0.rawValue)" },
      options: options.loop, prompts: DrawnPrompts(source: problems), policies: run.policies,
      makeJudge: { arm, current in
        switch arm {
        case .own, .positive, .shuffled: try crew.reward(run.policies, current)
        case .oracle: RoundJudge(OracleReward(oracle: oracle), fingerprint: "oracle")
        case .random: nil
        }
      }, training: crew.training(run.start), validation: run.validation, stop: stop)
    var ledgers = [run.ledger]
    ledgers[0].arm = arm
    var samples: [PairSample] = []
    var model = run.start.path
    for round in 1...options.loop.rounds {
      let outcome: RoundOutcome
      do {
        outcome = try oracle.watch(arm.rawValue) { try loop.run(round, from: model) }
      } catch let error as SelfRewardLoopError {
        guard let reason = error.stopReason else { throw error }
        ledgers[ledgers.count - 1].stopReason = reason
        try write(ledgers[ledgers.count - 1], "\(loop.folder)/round-\(round - 1)")
        say("seed \(run.seed), \(arm.rawValue): no more rounds: \(reason)")
        break
      }
      let stages = RoundStages(
        folder: "\(loop.folder)/round-\(round)", seed: StageSeed(seed: run.seed, round: round), stop: stop,
        stretch: options.loop.stretch)
      let (examination, others) = try examine(stages, run.test, run.policies, model: outcome.model)
      let reason = options.loop.stopRules.reason(outcome.health, start: run.ledger.health)
      let ledger = RoundLedger(
        arm: arm, seed: run.seed, round: round, model: outcome.fingerprint, examination: examination,
        others: others, health: outcome.health, statistics: CandidateStatistics(outcome.sets),
        scores: outcome.judgments.map { ScoreStatistics($0) }, judging: outcome.judgingCounts,
        audit: audit(
          outcome.sets, outcome.judgments ?? outcome.sets.map { $0.candidates.map { _ in .missing } },
          outcome.pairs, for: .evaluation), counts: outcome.counts, metrics: outcome.metrics,
        stopReason: reason)
      try write(ledger, stages.folder)
      say("seed \(run.seed), \(arm.rawValue), round \(round): \(summary(ledger))")
      ledgers.append(ledger)
      samples += outcome.pairs.prefix(PairSample.shown).map {
        PairSample(arm: arm, round: round, prompt: outcome.sets[$0.set].prompt, pair: $0)
      }
      model = outcome.model
      if let reason {
        say("seed \(run.seed), \(arm.rawValue): no more rounds: \(reason)")
        break
      }
    }
    if options.loop.stopRules.rollsBack, arm.usesOwnReward { ledgers = Rollback.best(of: ledgers, say: say) }
    return (ledgers, samples)
  }

  private func write(_ ledger: RoundLedger, _ folder: String) throws {
    try AtomicFile.write(ledger.json.text(pretty: true) + "\n", to: folder + "/ledger.json")
  }

  private func summary(_ ledger: RoundLedger) -> String {
    let test = ledger.examination
    var text = String(
      format: "pass@1 %.1f %%, maj@k %.1f %%, pass@k %.1f %%", 100 * mean(test.greedy),
      100 * mean(test.majority), 100 * mean(test.any))
    for (name, other) in ledger.others {
      text += String(format: ", \(name) %.1f %%", 100 * mean(other.greedy))
    }
    if let counts = ledger.counts { text += ", \(counts.kept) pairs" }
    if let audit = ledger.audit { text += String(format: ", purity %.1f %%", 100 * audit.purity) }
    return text
  }
}
