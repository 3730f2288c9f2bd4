import Datasets
import Evaluation
import Formats
import Foundation
import Training

/// The paper's procedure on instructions, which nobody has true answers to (Yuan and others 2024, section 3).
///
/// Tuning on instructions makes the baseline (`sft`); instructions and examples of judging, from the base again, make
/// the start (`start`, the paper's M1); each round writes prompts, answers, judges and learns from itself (M2, M3).
public struct InstructionExperiment {
  /// Who brings the models.
  public struct Crew {
    /// Makes the baseline, and the start.
    public var baseline: SupervisedStage
    public var start: SupervisedStage
    /// Shows both what they learn.
    public var renderer: ExampleRenderer
    /// The policies of runs that begin with a start.
    public var policies: (_ start: String) -> PolicyLoader
    /// The recipe's own reward, judged by whoever the recipe says.
    public var reward: (_ policies: PolicyLoader, _ current: String) throws -> RoundJudge
    /// The judges that are held against people's, as a model judges.
    public var agreementJudges: (_ policies: PolicyLoader, _ model: String) throws -> [RoundJudge]
    /// The rounds' training, with the start's examples for replay.
    public var training: (_ start: StartModel) -> RoundTraining
    /// Who follows each training of the baseline and of the start.
    public var consumers: () -> [any TrainingConsumer]

    public init(
      baseline: SupervisedStage, start: SupervisedStage, renderer: ExampleRenderer,
      policies: @escaping (String) -> PolicyLoader,
      reward: @escaping (PolicyLoader, String) throws -> RoundJudge,
      agreementJudges: @escaping (PolicyLoader, String) throws -> [RoundJudge],
      training: @escaping (StartModel) -> RoundTraining,
      consumers: @escaping () -> [any TrainingConsumer] = { [] }
    ) {
      self.baseline = baseline
      self.start = start
      self.renderer = renderer
      self.policies = policies
      self.reward = reward
      self.agreementJudges = agreementJudges
      self.training = training
      self.consumers = consumers
    }
  }

  private let options: InstructionOptions
  private let folder: String
  private let taught: [InstructionAnswer]
  private let watched: [Problem]
  private let crew: Crew
  private let stop: StopSignal?
  private let say: (String) -> Void

  /// - Parameter answers: Questions with good answers by people.
  /// - Throws: `SelfRewardError.invalidOption` when none is left after those that are held out.
  public init(
    _ options: InstructionOptions, folder: String, answers: [InstructionAnswer], crew: Crew,
    stop: StopSignal?, say: @escaping (String) -> Void
  ) throws {
    let held = options.loop.validationPrompts
    guard answers.count > held else {
      throw SelfRewardError.invalidOption(
        "the number of instructions", found: "\(answers.count)",
        expected: "more than the \(held) held out for validation")
    }
    self.options = options
    self.folder = folder
    taught = Array(answers.dropLast(held))
    watched = answers.suffix(held).enumerated().map { place, answer in
      Problem(id: "validation-\(place)", prompt: answer.prompt)
    }
    self.crew = crew
    self.stop = stop
    self.say = say
  }

  /// Runs every stage, or goes on where it was interrupted.
  public func run() throws -> InstructionResult {
    let baseline = try tune("sft", crew.baseline, on: taught.map(Lesson.init))
    let writers = crew.policies(baseline.path)
    let judgeData = try JudgeDataStage(options: options.judgeData, stages: try stages("eft")).data(
      writer: { try writers.policy(.start, current: baseline.path) }, answers: taught)
    say("judge data: \(JSON.object(judgeData.counts).text())")
    let start = try tune(
      "start", crew.start, on: taught.map(Lesson.init) + judgeData.examples.map(Lesson.init))
    let policies = crew.policies(start.path)
    let agreements =
      try measure("sft", writers, baseline.path) + measure("start", policies, start.path)
    let (ledgers, samples) = try rounds(from: start, policies)
    return InstructionResult(
      seed: options.seed, baseline: baseline.fingerprint, start: start.fingerprint,
      instructions: taught.count, judgeData: judgeData.counts, agreements: agreements, ledgers: ledgers,
      samples: samples)
  }

  // MARK: - Seed models

  /// Something to be learnt: what is asked, and what to say.
  private struct Lesson {
    let prompt: String
    let response: String

    init(_ answer: InstructionAnswer) {
      prompt = answer.prompt
      response = answer.response
    }

    init(_ example: JudgeExample) {
      prompt = example.question
      response = example.reply
    }
  }

  private func tune(_ name: String, _ stage: SupervisedStage, on lessons: [Lesson]) throws -> StartModel {
    let place = "\(folder)/\(name)"
    try Folder.create(place)
    let rendered = try lessons.map { lesson in
      try crew.renderer.example(
        DatasetRow(["prompt": lesson.prompt, "response": lesson.response]), kind: .task)
    }
    // One that is cut, by the greatest length or by a batch's, has lost what it was to teach.
    let longest = min(options.loop.training.maximumLength, stage.batchTokens)
    let fitting = rendered.filter { $0.ids.count <= longest }
    say("\(name): \(fitting.count) examples, \(rendered.count - fitting.count) are too long")
    return try stage.model(
      name, on: TokenizedExamples(fitting),
      named: "\(Fingerprint(of: lessons.map { $0.prompt + $0.response }.joined()))", seed: options.seed,
      folder: place, stop: stop, consumers: crew.consumers())
  }

  private func measure(
    _ name: String, _ policies: PolicyLoader, _ model: String
  ) throws -> [MeasuredAgreement] {
    guard !options.agreement.isEmpty else { return [] }
    let stage = AgreementStage(
      data: options.agreement, tieMargin: options.tieMargin, stages: try stages("agreement"))
    let measured = try stage.agreements(name, try crew.agreementJudges(policies, model))
    for entry in measured {
      say("\(name), \(entry.agreement.data), \(entry.agreement.reward): \(entry.agreement.accuracy.text)")
    }
    return measured
  }

  private func stages(_ name: String, round: Int = 0) throws -> RoundStages {
    let place = "\(folder)/\(name)"
    try Folder.create(place)
    return RoundStages(
      folder: place, seed: StageSeed(seed: options.seed, round: round), stop: stop,
      stretch: options.loop.stretch)
  }

  // MARK: - Rounds

  private func rounds(
    from start: StartModel, _ policies: PolicyLoader
  ) throws -> (ledgers: [InstructionLedger], samples: [PairSample]) {
    let judge = try crew.reward(policies, start.path)
    let place = try stages("start")
    let first = ValidationStage(problems: watched, startSets: [], judge: judge)
    let candidates = options.loop.candidates
    let health = try first.health(place, model: start.path, policies: policies, candidates)
    let startSets = try first.sets(
      place, by: try policies.policy(.start, current: start.path), candidates)
    let validation = ValidationStage(problems: watched, startSets: startSets, judge: judge)

    var ledgers = [InstructionLedger(start: start, health: health)]
    try write(ledgers[0], place)
    say(ledgers[0].summary)
    var samples: [PairSample] = []
    var written: [String] = []
    var model = start.path
    for round in 1...options.loop.rounds {
      let outcome: RoundOutcome
      do {
        outcome = try loop(start, policies, validation, earlier: written).run(round, from: model)
      } catch let error as SelfRewardLoopError {
        guard let reason = error.stopReason else { throw error }
        ledgers[ledgers.count - 1].stopReason = reason
        try write(ledgers[ledgers.count - 1], try stages("round-\(round - 1)", round: round - 1))
        say("no more rounds: \(reason)")
        break
      }
      let place = try stages("round-\(round)", round: round)
      let reason = options.loop.stopRules.reason(outcome.health, start: health)
      let compared =
        try options.comparesHeadToHead ? compare(outcome.model, place, policies, validation) : nil
      let ledger = InstructionLedger(outcome, headToHead: compared, stopReason: reason)
      try write(ledger, place)
      say(ledger.summary)
      ledgers.append(ledger)
      samples += outcome.pairs.prefix(PairSample.shown).map {
        PairSample(arm: .own, round: round, prompt: outcome.sets[$0.set].prompt, pair: $0)
      }
      written += outcome.sets.map(\.prompt)
      model = outcome.model
      if let reason {
        say("no more rounds: \(reason)")
        break
      }
    }
    return (ledgers, samples)
  }

  /// A model's answers to the held-out prompts against the start's, as the start sees them in both orders.
  private func compare(
    _ model: String, _ place: RoundStages, _ policies: PolicyLoader, _ validation: ValidationStage
  ) throws -> HeadToHead {
    let own = try validation.sets(
      place, by: try policies.policy(.current, current: model), options.loop.candidates)
    let frozen = try policies.policy(.start, current: model)
    let umpire = RoundJudge(
      try PairwiseReward(judge: frozen, counting: .wins), fingerprint: frozen.fingerprint)
    let sets = HeadToHead.sets(own, against: validation.startSets)
    return HeadToHead(try place.judgments("head-to-head", of: sets, by: umpire))
  }

  private func loop(
    _ start: StartModel, _ policies: PolicyLoader, _ validation: ValidationStage, earlier: [String]
  ) -> RoundLoop {
    RoundLoop(
      arm: .own, seed: options.seed, folder: folder, siblings: [], options: options.loop,
      prompts: WrittenPrompts(
        writer: options.writer, options: options.prompts, seeds: seeds, earlier: earlier,
        policies: policies), policies: policies,
      makeJudge: { _, current in try crew.reward(policies, current) }, training: crew.training(start),
      validation: validation, stop: stop)
  }

  /// The prompts by people that are short enough to be shown; all where none is.
  private var seeds: [String] {
    let prompts = taught.map(\.prompt)
    let short = prompts.filter { $0.split(whereSeparator: \.isWhitespace).count <= options.longestSeed }
    return short.isEmpty ? prompts : short
  }

  private func write(_ ledger: InstructionLedger, _ stages: RoundStages) throws {
    try AtomicFile.write(ledger.json.text(pretty: true) + "\n", to: stages.path("ledger.json"))
  }
}
