import Diagnostics
import Evaluation
import Formats
import Foundation
import Recipes
import SelfReward
import Testing
import Training

@testable import Runs

@Suite("Self-rewarding rounds on arithmetic, by their recipe")
struct SelfRewardRunTests {
  private static let demo =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/checkpoints/demo"

  /// A folder with a judge that is a program, for which longer answers are better.
  private final class Workplace {
    let path = NSTemporaryDirectory() + "trimtab-selfreward-\(UUID().uuidString)"

    /// Of its calls the third is never answered, and of every seven one ends it and one is answered with garbage.
    private let script = #"""
      while IFS= read -r line; do
        n=$(($(cat "$0.count" 2> /dev/null || echo 0) + 1)); echo $n > "$0.count"
        if [ -e "$0.flaky" ]; then
          if [ $n -eq 3 ]; then sleep 60; fi
          case $((n % 7)) in 5) exit 3 ;; 6) echo "no json"; continue ;; esac
        fi
        echo "{\"score\":${#line}}"
      done
      """#

    init() throws {
      try Folder.create(path)
      try AtomicFile.write(script, to: path + "/judge.sh")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func makeFlaky() throws { try AtomicFile.write("", to: path + "/judge.sh.flaky") }

    func recipe(_ overrides: [String]) throws -> SelfRewardRecipe {
      try SelfRewardRecipe(
        yaml: """
          kind: selfreward
          seed: 5
          threads: 1
          precision: fp32
          output: \(path)/run
          rounds: 2
          model: {path: \(SelfRewardRunTests.demo)/small, template: plain}
          task: {steps: [2, 3], right: answer, prompts: 10, validation: 4, audit: 6, test: 6}
          start: {examples: 24, steps: [2, 3], training: {steps: 3, batch_tokens: 512, learning_rate: 5e-3}}
          candidates: {count: 4, max_tokens: 20, stretch: 4}
          judge:
            rewards: [{kind: command, command: [sh, \(path)/judge.sh], timeout: 2, first_delay: 0}]
          preference: {nll: 1}
          training: {steps: 3, batch_tokens: 512, learning_rate: 1e-3}
          gate: {enforce: false}
          """, path: "recipe.yaml", overrides: overrides)
    }

    func run(_ overrides: String..., isResuming: Bool = false) throws -> (ExperimentResult, said: [String]) {
      var said: [String] = []
      let result = try SelfRewardRun(try recipe(overrides), isResuming: isResuming) { said.append($0) }.run()
      return (result, said)
    }

    func lines(_ file: String) throws -> [JSON] {
      try JSONLines(path: "\(path)/run/seed-5/\(file)").map { try $0.json() }
    }

    func exists(_ file: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(path)/run/seed-5/\(file)")
    }
  }

  @Test("a judge that hangs, ends and babbles is asked again; the ledger counts it, and nothing is lost")
  func flakyJudge() throws {
    let workplace = try Workplace()
    try workplace.makeFlaky()
    let (result, said) = try workplace.run("rounds=1")
    let ledger = try #require(result[.own]?.ledgers[0][1])
    #expect(ledger.judging["answered"] == 40 && ledger.judging["unanswered"] == 0)
    let failures = try #require(ledger.judging["failures"]?.intValue)
    let garbage = try #require(ledger.judging["garbage"]?.intValue)
    #expect(failures > 2 && garbage > 2)
    #expect(ledger.judging["retries"]?.intValue == failures + garbage)
    #expect(ledger.scores?.missing == 0 && ledger.scores?.judged == 40)
    #expect(ledger.json["judging"]?["answered"] == 40)
    // The call that hung was the audit's.
    let counted = try workplace.lines("start/audit-judgments.jsonl").compactMap { $0["counts"] }
    #expect(counted.reduce(0) { $0 + ($1["timeouts"]?.intValue ?? 0) } == 1)
    #expect(!said.contains { $0.contains("missing") })
  }

  @Test("what was counted is still known when the ledger is made again")
  func resumedCounts() throws {
    let workplace = try Workplace()
    try workplace.makeFlaky()
    let before = try workplace.run("rounds=1").0[.own]?.ledgers
    let after = try workplace.run("rounds=1", isResuming: true).0[.own]?.ledgers
    #expect(before == after)
  }

  @Test("each training has batches of its own size") func batchSizes() throws {
    let recipe = try Workplace().recipe(["positive.batch_tokens=256"])
    let training = recipe.options(method: .full, maximumLength: 64).loop.training
    #expect(training.batchTokens == 512 && training.positiveBatchTokens == 256)
  }

  @Test("a program that isn't there is noticed before anything is spent") func noProgram() throws {
    let workplace = try Workplace()
    let error = #expect(throws: EvaluationError.self) {
      try workplace.run("judge.rewards=[{kind: command, command: [no-such-judge]}]")
    }
    #expect(error?.diagnostics.first?.problem.contains("no-such-judge") == true)
    #expect(!workplace.exists("start"))
    // Nothing was made, so the folder is still free.
    _ = try workplace.run("rounds=1")
  }

  @Test("rounds that hurt are gone back from: the result is the best one") func rollback() throws {
    let harmful = "training={steps: 3, batch_tokens: 512, learning_rate: 1.0}"
    let likely = "judge.rewards=[{kind: statement-mean}]"
    let workplace = try Workplace()
    let (result, said) = try workplace.run("rounds=1", likely, harmful, "stop.rollback=true")
    #expect(workplace.exists("self/round-1/ledger.json"))
    #expect(result[.own]?.ledgers[0].map(\.round) == [0])
    #expect(said.contains { $0.contains("back to round 0") })
    // Without the rule it stays as it is, and the judge says why it would have gone back.
    let stayed = try Workplace().run("rounds=1", likely, harmful).0[.own]?.ledgers[0]
    #expect(stayed?.map(\.round) == [0, 1])
    #expect((stayed?.last?.health.winRate ?? 1) < 0.5)
  }

  @Test("anchored pairs reject what the start said") func anchored() throws {
    let workplace = try Workplace()
    let (result, _) = try workplace.run("pairs.anchored=true")
    #expect(result[.own]?.ledgers[0].count == 3)
    let anchors = try workplace.lines("self/round-2/anchors.jsonl").dropFirst()
    let start = Set(
      anchors.flatMap { $0["candidates"]?.arrayValue ?? [] }.compactMap { $0["text"]?.stringValue })
    let pairs = result.samples.filter { $0.round == 2 }
    #expect(!pairs.isEmpty && pairs.allSatisfy { start.contains($0.pair.rejected.text) })
    #expect(try workplace.lines("self/round-2/anchor-judgments.jsonl").count > 1)
  }

  @Test("an adapter learns round after round, and only adapters are written") func adapter() throws {
    let workplace = try Workplace()
    let (result, _) = try workplace.run("model.adapter={kind: lora, rank: 4}")
    let ledgers = try #require(result[.own]?.ledgers[0])
    #expect(ledgers.count == 3 && Set(ledgers.map(\.model)).count == 3)
    #expect(ledgers[2].health.divergence != 0)
    for model in ["start/model", "self/round-1/model", "self/round-2/model"] {
      #expect(workplace.exists(model + "/adapter_model.safetensors"))
      #expect(!workplace.exists(model + "/model.safetensors"))
    }
  }

  @Test("a closed gate says what was measured; without it the same run goes on") func gate() throws {
    let workplace = try Workplace()
    let error = #expect(throws: SelfRewardLoopError.self) { try workplace.run("gate={judge_auc: 0.99}") }
    let texts = (error?.diagnostics ?? []).map(\.text)
    #expect(texts.contains { $0.contains("judge AUC is") && $0.contains("at least 0.99 (gate.judge_auc)") })
    #expect(texts.allSatisfy { $0.contains("--resume --set gate.enforce=false") })
    #expect(error?.diagnostics.allSatisfy { $0.exitCode == .badData } == true)
    let (result, said) = try workplace.run(isResuming: true)
    #expect(result[.own]?.ledgers[0].count == 3 && said.contains { $0.hasPrefix("warning: the audit's") })
    let other = SelfRewardLoopError.otherRecipe(path: workplace.path + "/run/recipe.yaml")
    #expect(throws: other) { try workplace.run("task.prompts=11", isResuming: true) }
    // Stages that nobody knows the recipe of are nobody's to go on with.
    try FileManager.default.removeItem(atPath: workplace.path + "/run/recipe.yaml")
    for isResuming in [false, true] {
      #expect(throws: SelfRewardLoopError.noRecipe(path: workplace.path + "/run")) {
        try workplace.run("task.prompts=11", isResuming: isResuming)
      }
    }
  }

  @Test("judge examples teach the start to write a score") func judgeExamples() throws {
    let rubric = #"{text: "{prompt}{response}\n", scores: [0, 1]}"#
    let workplace = try Workplace()
    let (result, _) = try workplace.run(
      "rounds=1", "judge={role: start, rewards: [{kind: expected-score, rubric: \(rubric)}]}",
      "start.judge_examples=24",
      "start.training={steps: 60, batch_tokens: 512, learning_rate: 1e-2}")
    let scores = try #require(result[.own]?.ledgers[0][1].scores)
    #expect(scores.missing == 0 && scores.least >= 0 && scores.greatest <= 1)
    #expect(scores.least < scores.greatest)
  }
}
