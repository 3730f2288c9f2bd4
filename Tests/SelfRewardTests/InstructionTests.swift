import Datasets
import Evaluation
import Formats
import Foundation
import Testing

@testable import SelfReward

@Suite("Rounds on instructions")
struct InstructionTests {
  private static func stages(_ folder: String) -> RoundStages {
    RoundStages(folder: folder, seed: StageSeed(seed: 1, round: 0), stop: nil, stretch: 1)
  }

  private static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "trimtab-instruction-\(UUID().uuidString)"
    try Folder.create(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private static func judged(_ scores: Double?...) -> [Judgment] { scores.map { Judgment(averaging: [$0]) } }

  @Test("judge data is written stretch by stretch, thinned as a whole, and made once")
  func judgeData() throws {
    try Self.withFolder { folder in
      let ranked = folder + "/answers.jsonl"
      var lines = ""
      for (id, text, quality) in [("a", "best", 1), ("a", "worst", 0), ("b", "best", 1), ("b", "worst", 0)] {
        let answer: JSON = [
          "prompt_id": .string(id), "prompt_text": .string(id + "?"), "response_text": .string(text),
          "quality_score": .integer(quality),
        ]
        lines += answer.text() + "\n"
      }
      try AtomicFile.write(lines, to: ranked)
      var asked = 0
      let writer = try Fixture.policy { question in
        asked += 1
        return question.contains("best") ? ["Fine.\nScore: 4": 1] : ["Bad.\nScore: 1": 1]
      }
      var seeds = CorruptionSeeds()
      seeds.form = .reasoned
      let options = JudgeDataOptions(
        ranked: JudgeDataOptions.Ranked(path: ranked, limit: 9, options: RankedAnswerSeeds.Options()),
        corrupted: JudgeDataOptions.Corrupted(answers: 1, seeds: seeds),
        mostCommonRatio: 9)
      let stage = JudgeDataStage(options: options, stages: Self.stages(folder))
      let answers = [
        InstructionAnswer(prompt: "Two?", response: "It is 2."),
        InstructionAnswer(prompt: "Three?", response: "It is 3."),
      ]
      let data = try stage.data(writer: { writer }, answers: answers)
      #expect(data.counts["agreed"] == 2 && data.counts["prompts"] == 2 && data.counts["corrupted"] == 2)
      #expect(data.examples.map(\.score).prefix(4) == [4, 1, 4, 1] && data.examples.count == 6)
      #expect(try JSONLines(path: folder + "/examples.jsonl").map { try $0.json() }.count == 6)
      let before = asked
      let again = try stage.data(writer: { writer }, answers: answers)
      #expect(again.examples == data.examples && again.counts == data.counts && asked == before)
      // Judgments were kept by the old order of the answers.
      let turned = lines.replacing("\"quality_score\":0", with: "\"quality_score\":2")
      #expect(turned != lines)
      try AtomicFile.write(turned, to: ranked)
      #expect(throws: SelfRewardLoopError.otherRun(path: folder + "/ranked.jsonl")) {
        try stage.data(writer: { writer }, answers: answers)
      }
    }
  }

  @Test("a round's answers beside the start's, each first one against the other")
  func headToHead() {
    let own = [Fixture.set("P", ["a", "b"]), Fixture.set("Q", ["c"], id: "2")]
    let other = [Fixture.set("P", ["x", "y"]), Fixture.set("Q", ["z"], id: "2")]
    let sets = HeadToHead.sets(own, against: other)
    #expect(sets.map { $0.candidates.map(\.text) } == [["a", "x"], ["c", "z"]])
    let result = HeadToHead([
      Self.judged(1, 0), Self.judged(0.5, 0.5), Self.judged(0, 1), Self.judged(nil, nil), Self.judged(1, 0),
    ])
    #expect(result.wins == 2 && result.ties == 1 && result.losses == 1 && result.missing == 1)
  }

  @Test("a judgment that can't be read is counted, never scored")
  func counts() {
    let judgments = [
      [Judgment(averaging: [3, nil, 5]), Judgment(averaging: [nil, nil, nil])], [Judgment.missing],
    ]
    let counts = JudgmentCounts(judgments)
    #expect(counts.candidates == 3 && counts.missing == 2 && counts.single == 6 && counts.unreadable == 4)
  }

  @Test("agreement with people is the same from kept judgments as from a judge")
  func agreement() throws {
    try Self.withFolder { folder in
      let people: JSON = [
        ["input": "A?", "output_1": "best", "output_2": "worst", "label": 1],
        ["input": "B?", "output_1": "best", "output_2": "worst", "label": 2],
      ]
      try AtomicFile.write(people.text(), to: folder + "/people.json")
      let data = try HumanPreferences(path: folder + "/people.json")
      let judge = try Fixture.policy { ["Score: \($0.contains("best") ? 5 : 1)": 1] }
      let reward = try ExpectedScoreReward(judge: judge)
      let stage = AgreementStage(data: [data], tieMargin: 0, stages: Self.stages(folder))
      let measured = try stage.agreements("m", [RoundJudge(reward, fingerprint: "f")])
      let direct = try JudgeAgreement(data, reward: reward, seed: 4)
      #expect(measured.map(\.model) == ["m"])
      #expect(measured.first?.agreement.accuracy == direct.accuracy && direct.accuracy.mean == 0.5)
      #expect(measured.first?.agreement.judgments == direct.judgments)
      #expect(measured.first?.agreement.counts["too_long"] == 0)
      // The same answers to other questions are other judgments.
      var other = data
      other.pairs[0].prompt = "C?"
      let changed = AgreementStage(data: [other], tieMargin: 0, stages: Self.stages(folder))
      #expect(throws: SelfRewardLoopError.otherRun(path: folder + "/m-data-1-judge-1.jsonl")) {
        try changed.agreements("m", [RoundJudge(reward, fingerprint: "f")])
      }
    }
  }

  @Test("a file that lost a row, or a judgment in one, is refused and not taken for whole")
  func lostRows() throws {
    try Self.withFolder { folder in
      let judge = RoundJudge(CalculatorReward(), fingerprint: "f")
      let sets = [Fixture.set("P", ["1 + 1 = 2", "1 + 1 = 3"]), Fixture.set("Q", ["2 + 2 = 4"], id: "2")]
      let stages = Self.stages(folder)
      _ = try stages.judgments("judged", of: sets, by: judge)
      let path = stages.path("judged.jsonl")
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      for (rows, row, what) in [
        (Array(lines.dropLast()), 2, "judgments"), ([lines[0], lines[2]], 1, "judgment for each candidate"),
      ] {
        try AtomicFile.write(rows.joined(separator: "\n") + "\n", to: path)
        #expect(throws: SelfRewardLoopError.damaged(path: path, row: row, what: what)) {
          try stages.judgments("judged", of: sets, by: judge)
        }
      }
    }
  }
}
