import Formats
import Foundation
import Recipes
import SelfReward
import Testing

@testable import Runs

@Suite("Self-rewarding rounds on instructions")
struct InstructionRunTests {
  private static let demo =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/checkpoints/demo"

  /// A folder with a few instructions and comparisons by people.
  private final class Workplace {
    let path = NSTemporaryDirectory() + "trimtab-instruction-\(UUID().uuidString)"

    init() throws {
      try Folder.create(path)
      let sums = (0..<24).map { number in
        let (a, b) = (1 + number % 6, 1 + number / 6)
        return JudgeExample(
          source: "\(number)", question: "What is \(a) plus \(b)?", reply: " \(a + b).", score: 5)
      }
      try JudgeExample.write(sums, to: path + "/sums.h5", source: "test")
      let people: JSON = [
        ["input": "What is 1 plus 1?", "output_1": " 2.", "output_2": " 9.", "label": 1],
        ["input": "What is 2 plus 2?", "output_1": " 7.", "output_2": " 4.", "label": 2],
      ]
      try AtomicFile.write(people.text(), to: path + "/people.json")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func recipe(_ name: String) throws -> InstructionRecipe {
      try InstructionRecipe(
        yaml: """
          kind: selfreward
          seed: 2
          threads: 1
          precision: fp32
          output: \(path)/\(name)
          rounds: 1
          model: {path: \(InstructionRunTests.demo)/small, template: plain, adapter: {kind: lora, rank: 8}}
          task: {kind: instruction, path: \(path)/sums.h5, max_length: 200, prompts: 6, validation: 2}
          baseline: {steps: 4, batch_tokens: 256, learning_rate: 3e-3}
          judge_data: {rubric: short, corrupted: {answers: 8, form: score-only}}
          start: {steps: 40, batch_tokens: 512, learning_rate: 3e-3}
          writer:
            role: base
            seed_examples: 2
            generated_examples: 1
            max_tokens: 16
            filter:
              {overlap: 1, words: [1, 150], blocked: [], leading_punctuation: true, leading_non_ascii: true}
          candidates: {count: 4, temperature: 1, max_tokens: 32, stretch: 4}
          judge: {role: start, rewards: [{kind: expected-score}]}
          training: {steps: 2, batch_tokens: 512, learning_rate: 1e-3}
          agreement: {data: [\(path)/people.json], judges: [{kind: expected-score}]}
          """, path: "recipe.yaml")
    }

    func run(_ name: String, isResuming: Bool = false) throws -> InstructionResult {
      try InstructionRun(try recipe(name), isResuming: isResuming) { _ in }.run()
    }

    func bytes(_ file: String) -> Data? { FileManager.default.contents(atPath: path + "/" + file) }
  }

  @Test func everyStageIsAFileThatARunGoesOnFrom() throws {
    let workplace = try Workplace()
    let result = try workplace.run("a")
    #expect(result.instructions == 22 && result.ledgers.map(\.round) == [0, 1])
    #expect(result.agreements.map(\.model) == ["sft", "start"])
    #expect(result.baseline != result.start && result.ledgers[0].model == result.start)

    let ledger = result.ledgers[1]
    let pairs = try #require(ledger.pairs)
    let judgments = try #require(ledger.judgments)
    #expect(ledger.prompts["kept"]?.intValue == pairs.prompts && pairs.kept > 0)
    #expect(judgments.candidates == 4 * pairs.prompts && judgments.unreadable == 0)
    #expect(ledger.model != result.start && ledger.health.divergence.isFinite)
    let compared = try #require(ledger.headToHead)
    #expect(compared.wins + compared.ties + compared.losses + compared.missing == 2)
    let corrupted = try #require(result.judgeData["corrupted"]?.intValue)
    #expect(corrupted > 8 && (result.judgeData["examples"]?.intValue ?? 0) <= corrupted)

    let files = [
      "eft/examples.jsonl", "start/ledger.json", "round-1/prompts.jsonl", "round-1/candidates.jsonl",
      "round-1/judgments.jsonl", "round-1/pairs.h5", "round-1/ledger.json", "result.json", "report.html",
    ]
    let before = files.map { workplace.bytes("a/" + $0) }
    #expect(before.allSatisfy { $0 != nil })
    for file in ["round-1/judgments.jsonl", "round-1/ledger.json", "result.json", "eft/examples.jsonl"] {
      try FileManager.default.removeItem(atPath: workplace.path + "/a/" + file)
    }
    _ = try workplace.run("a", isResuming: true)
    #expect(files.map { workplace.bytes("a/" + $0) } == before)
    #expect(throws: SelfRewardLoopError.folderInUse(path: workplace.path + "/a")) {
      try workplace.run("a")
    }
  }
}
