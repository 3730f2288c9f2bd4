import Datasets
import Formats
import Foundation
import Models
import Tensors
import TestSupport
import Testing
import Training

@testable import SelfReward

@Suite("A whole experiment on the demo's small model")
struct ExperimentTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  private static let base = root + "/checkpoints/demo/small"

  /// Asks for a stop at the n-th thing that happens in a run: a judging, a step of training.
  private final class Interruption: TrainingConsumer {
    let signal = StopSignal(listeningFor: [])
    private var left: Int?

    init(after count: Int?) { left = count }

    func happen() {
      left = left.map { $0 - 1 }
      if left == 0 { signal.request() }
    }

    func receive(_ event: TrainingEvent) -> Continuation {
      if case .step = event { happen() }
      return .more
    }
  }

  /// The longest answer is the best: a reward that needs no model.
  private struct LengthReward: Reward {
    let interruption: Interruption
    let name = "length"

    func judge(_ sets: [CandidateSet], seed: UInt64) -> [[Judgment]] {
      interruption.happen()
      return sets.map { $0.candidates.map { Judgment(score: Double($0.text.count)) } }
    }
  }

  private static func options(_ arms: [Arm]) -> ExperimentOptions {
    var candidates = CandidateOptions()
    candidates.count = 4
    candidates.temperature = 1
    candidates.topP = 1
    candidates.maximumTokens = 20
    var training = TrainingOptions(length: .steps(3), learningRate: LearningRate(.constant, peak: 1e-3))
    training.saveEvery = 1
    var gate = AuditGate()
    gate.isEnforced = false
    return ExperimentOptions(
      arms: arms, seeds: [5],
      loop: LoopOptions(
        rounds: 2, prompts: 10, validationPrompts: 4, candidates: candidates, pairs: PairOptions(),
        training: RoundTrainingOptions(
          training: training, preference: PreferenceOptions(likelihoodWeight: 1), batchTokens: 512,
          maximumLength: 128, replayInterval: 2, positive: training), stretch: 4), gate: gate,
      auditProblems: 6, testProblems: 6)
  }

  /// Runs in a folder; an interrupted run throws.
  private func run(
    _ arms: [Arm], in folder: String, stoppingAfter count: Int? = nil,
    say: @escaping (String) -> Void = { _ in }, change: (inout ExperimentOptions) -> Void = { _ in }
  ) throws -> ExperimentResult {
    let compute = try Compute.exact(threads: 1)
    let interruption = Interruption(after: count)
    var changed = Self.options(arms)
    change(&changed)
    let options = changed
    let task = ArithmeticTask(
      difficulty: .init(steps: 2...3), startDifficulty: .init(steps: 2...3), countsWorking: false)
    let tuning = StartTuning(
      base: Self.base, task: task, examples: 24,
      training: TrainingOptions(
        length: .steps(3), learningRate: LearningRate(.constant, peak: 5e-3), saveEvery: 1),
      batchTokens: 512, template: "plain", recipe: "a test", compute: compute)
    let crew = Experiment.Crew(
      start: {
        try tuning.start(seed: $0, folder: $1, stop: interruption.signal, consumers: [interruption])
      },
      policies: { PolicyLoader(base: Self.base, start: $0, template: "plain", compute: compute) },
      reward: { _, _ in RoundJudge(LengthReward(interruption: interruption), fingerprint: "length") },
      training: {
        RoundTraining(
          options: options.loop.training, examples: $0.examples, recipe: "a test", template: "plain",
          compute: compute, consumers: { [interruption] })
      })
    return try Experiment(
      options, folder: folder, problems: task, oracle: Oracle(of: task, for: options), crew: crew,
      stop: interruption.signal, say: say
    ).run()
  }

  /// Every file of a run but its logs, which hold times.
  private func artefacts(of folder: String) throws -> [String: Data] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    var files: [String: Data] = [:]
    for name in names where !name.contains("tfevents") && !name.hasSuffix("metrics.jsonl") {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
      if !isFolder.boolValue { files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)") }
    }
    return files
  }

  @Test("interrupted again and again, inside stages and between them, a run makes the same bytes")
  func resume() throws {
    let folder = NSTemporaryDirectory() + "trimtab-experiment-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try run([.own], in: folder + "/whole")
    #expect(whole.oracleCallsInLoop == 0)
    var attempts = 0
    while true {
      do {
        attempts += 1
        let resumed = try run([.own], in: folder + "/resumed", stoppingAfter: 1 + attempts % 3)
        #expect(resumed.arms[0].ledgers == whole.arms[0].ledgers)
        break
      } catch SelfRewardLoopError.interrupted where attempts < 60 {}
    }
    #expect(attempts > 8)
    let (expected, found) = (try artefacts(of: folder + "/whole"), try artefacts(of: folder + "/resumed"))
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (name, content) in expected { #expect(found[name] == content, "\(name)") }
    for name in ["prompts.jsonl", "candidates.jsonl", "judgments.jsonl", "pairs.h5", "ledger.json"] {
      #expect(expected["seed-5/self/round-2/\(name)"] != nil)
    }
  }

  @Test("what only the recipe's own judge can tell is asked of no control")
  func controls() {
    var loop = Self.options([.own]).loop
    loop.pairs.requiresAgreement = true
    loop.pairs.weighting = .votes
    loop.votesByRound = [0.5]
    let (own, oracle) = (loop.pairs(.own, round: 1), loop.pairs(.oracle, round: 1))
    let shuffled = loop.pairs(.shuffled, round: 1)
    #expect(own.requiresAgreement && own.weighting == .votes && own.minimumVotes == 0.5)
    #expect(!oracle.requiresAgreement && oracle.weighting == .none && oracle.minimumVotes == nil)
    #expect(shuffled.requiresAgreement && shuffled.weighting == .none && shuffled.minimumVotes == nil)
  }

  @Test("a later round without pairs ends its arm as a stop rule does; anchored controls reject anchors")
  func noPairs() throws {
    let folder = NSTemporaryDirectory() + "trimtab-experiment-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var said: [String] = []
    // Of the second round's candidates twice as many as there are would have to agree.
    let result = try run([.own, .random], in: folder, say: { said.append($0) }) { options in
      options.loop.votesByRound = [0, 2]
      options.loop.pairs.isAnchored = true
    }
    let (own, random) = (result.arms[0].ledgers[0], result.arms[1].ledgers[0])
    #expect(own.map(\.round) == [0, 1] && random.map(\.round) == [0, 1, 2])
    #expect(own.last?.stopReason?.hasPrefix("round 2 made 0 pairs of 10 prompts") == true)
    #expect(random.allSatisfy { $0.stopReason == nil })
    #expect(said.contains { $0.hasPrefix("seed 5, self: no more rounds: round 2 made 0 pairs") })
    let files = try artefacts(of: folder)
    let ledger = files["seed-5/self/round-1/ledger.json"].map { String(decoding: $0, as: UTF8.self) }
    #expect(ledger?.contains("round 2 made 0 pairs") == true)
    #expect(result.table.contains("oracle_calls_in_loop: 0"))
    // Nobody judges for the random control, and the start answers all the same.
    #expect(
      files["seed-5/random/round-1/anchors.jsonl"] == files["seed-5/self/round-1/anchors.jsonl"]
        && files["seed-5/random/round-1/anchors.jsonl"] != nil)
    #expect(files["seed-5/random/round-1/anchor-judgments.jsonl"] == nil)
  }

  @Test("pairs that teach nothing are left out, and counted beside what was measured")
  func lostPairs() throws {
    let folder = NSTemporaryDirectory() + "trimtab-experiment-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try DatasetWriter.create(
      at: folder + "/pairs.h5", source: "a test",
      pairs: [
        PreferenceText(prompt: "2 + 2?", chosen: "4", rejected: "5"),
        PreferenceText(prompt: "2 + 3?", chosen: "5", rejected: " "),
        PreferenceText(prompt: "2 + 4?", chosen: "6", rejected: "6"),
      ])
    let training = RoundTraining(
      options: Self.options([.own]).loop.training, examples: TokenizedExamples(), recipe: "a test",
      template: "plain", compute: try Compute.exact(threads: 1))
    let lost = try training.prefer(
      from: Self.base, pairs: folder + "/pairs.h5", to: folder + "/model", seed: 1, stop: nil)
    #expect(lost == ["empty_pairs": 1, "equal_pairs": 1])
  }

  @Test("the arms begin alike and part by their rewards; only the oracle's asks the oracle")
  func arms() throws {
    let folder = NSTemporaryDirectory() + "trimtab-experiment-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = try run([.own, .random, .positive, .shuffled], in: folder)
    #expect(result.oracleCallsInLoop == 0)
    let rounds = result.arms.map { $0.ledgers[0] }
    #expect(rounds.allSatisfy { $0.count == 3 && $0[0].model == rounds[0][0].model })
    #expect(Set(rounds.map { $0[1].model }).count == 4)
    let files = try artefacts(of: folder)
    #expect(
      files["seed-5/self/round-1/candidates.jsonl"] == files["seed-5/random/round-1/candidates.jsonl"])
    #expect(files["seed-5/random/round-1/judgments.jsonl"] == nil)
    #expect(result.table.contains("oracle_calls_in_loop: 0"))
    let page = SelfRewardReport(title: "A <test>", result: result).html
    #expect(page.contains("A &lt;test&gt;") && page.contains("<svg") && page.contains("</html>"))
  }
}
