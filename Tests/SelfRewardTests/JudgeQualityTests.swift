import Evaluation
import Formats
import Foundation
import Testing

@testable import SelfReward

@Suite("How well a judge judges")
struct JudgeQualityTests {
  // Numbers worked out by hand and with numpy.
  @Test(
    "rank correlations",
    arguments: [
      ([1, 2, 3, 4], [1, 2, 3, 4], 1, 1, 1), ([1, 2, 3, 4], [4, 3, 2, 1], -1, -1, -1),
      ([1, 2, 3, 4, 5], [2, 1, 4, 3, 5], 0.8, 0.6, 0.8),
      ([1, 2, 2, 4], [1, 3, 2, 4], 0.9486832980505138, 0.9128709291752769, 0.9233805168766388),
      ([1, 1, 1], [1, 2, 3], nil, nil, nil), ([1], [1], nil, nil, nil), ([], [], nil, nil, nil),
    ] as [([Double], [Double], Double?, Double?, Double?)])
  func correlations(x: [Double], y: [Double], spearman: Double?, kendall: Double?, pearson: Double?) {
    func expect(_ found: Double?, _ expected: Double?) {
      #expect((found == nil) == (expected == nil))
      #expect(abs((found ?? 0) - (expected ?? 0)) < 1e-12)
    }
    expect(RankStatistics.spearman(x, y), spearman)
    expect(RankStatistics.kendall(x, y), kendall)
    expect(RankStatistics.correlation(x, y), pearson)
    expect(RankStatistics.kendall(y, x), kendall)
  }

  @Test(
    "the area under the curve is the share of pairs told apart, ties half",
    arguments: [
      ([1, 2, 3, 4], [false, false, true, true], 1), ([4, 3, 2, 1], [false, false, true, true], 0),
      ([1, 1, 1], [true, false, true], 0.5), ([1, 3, 2], [false, false, true], 0.5),
      ([1, 2, 2], [false, false, true], 0.75), ([1, 2], [true, true], nil), ([], [], nil),
    ] as [([Double], [Bool], Double?)])
  func area(scores: [Double], areGood: [Bool], area: Double?) {
    #expect(RankStatistics.areaUnderCurve(scores, areGood) == area)
  }

  private func set(_ scores: [Double?], _ qualities: [Double]) -> JudgedAnswers {
    JudgedAnswers(
      judgments: scores.map { Judgment(averaging: [$0]) }, qualities: qualities,
      lengths: scores.indices.map { 10 * ($0 + 1) })
  }

  @Test("the paper's five metrics on a hand-made example")
  func paperMetrics() {
    let quality = JudgeQuality([
      set([5, 3, 1], [3, 2, 1]),  // all right
      set([5, 5, 2], [1, 3, 2]),  // of three pairs: 1 before 3 tied, 1 before 2 wrong, 3 before 2 right
      set([nil, 4, 2], [3, 1, 2]),  // one pair, wrong
      set([1, 2], [1, 1]),  // nothing to order
    ])
    #expect(quality.pairwiseAccuracy == 4.0 / 7)
    #expect(quality.fiveBest == 2.0 / 3)
    #expect(quality.exactMatch == 1.0 / 3)
    #expect(abs((quality.spearman ?? 9) - (1 + 0 - 1) / 3) < 1e-12)
    #expect(abs((quality.kendall ?? 9) - (1 + 0 - 1) / 3) < 1e-12)
    #expect(quality.tieRate == 1.0 / 8)
    #expect(quality.parseRate == 10.0 / 11)
    #expect(quality.histogram?.lowest == 1 && quality.histogram?.highest == 5)
    #expect(quality.histogram?.counts == [2, 0, 3, 0, 0, 1, 0, 1, 0, 3])
  }

  @Test("what can't be measured is nil, and the JSON says null")
  func nothing() {
    let quality = JudgeQuality([set([nil, nil], [1, 2]), set([], [])])
    #expect(quality.pairwiseAccuracy == nil && quality.fiveBest == nil && quality.areaUnderCurve == nil)
    #expect(quality.parseRate == 0 && quality.histogram == nil)
    #expect(quality.json["spearman"]?.isNull == true && quality.json["parse_rate"]?.doubleValue == 0)
  }

  @Test("right and wrong answers of all prompts give one curve, and length is watched")
  func area() {
    let quality = JudgeQuality([
      set([0.1, 0.9], [0, 1]), set([0.2, 0.3], [0, 0]), set([0.25, 0.8], [1, 1]),
    ])
    #expect(quality.areaUnderCurve == 8.0 / 9)
    #expect((quality.lengthCorrelation ?? 0) > 0.5)
  }

  // MARK: - People

  /// Gives scores by length.
  private struct Lengths: Reward {
    let name = "length"
    func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
      sets.map { $0.candidates.map { Judgment(averaging: [$0.text == "?" ? nil : Double($0.text.count)]) } }
    }
  }

  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "pairs-\(UUID().uuidString).json").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("where there is always a better one, a tie or a missing judgment is a coin toss")
  func forcedChoice() throws {
    let path = try file(
      """
      [{"input": "P", "output_1": "aa", "output_2": "b", "label": 1}, {"input": "P", "output_1": "aa", "output_2": "b", "label": 2},
       {"input": "P", "output_1": "a", "output_2": "b", "label": 2}, {"input": "P", "output_1": "?", "output_2": "b", "label": 2}]
      """)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let agreement = try JudgeAgreement(try HumanPreferences(path: path), reward: Lengths(), seed: 0)
    #expect(agreement.accuracy.mean == (1 + 0 + 0.5 + 0.5) / 4)
    #expect(agreement.decidedAccuracy.mean == agreement.accuracy.mean)
    #expect(agreement.chance == 0.5 && agreement.mostCommon == 0.75)
    #expect(agreement.ties == 1 && agreement.missing == 1)
    #expect(agreement.json["accuracy"]?["n"]?.intValue == 4)
    #expect(try HumanPreferences(path: path, limit: 2).pairs.count == 2)
  }

  @Test("with three annotators the majority counts, and a tie is a verdict like the others")
  func majority() throws {
    func record(_ first: String, _ second: String, _ votes: [Int]) -> String {
      """
      {"idx": 7, "instruction": "P", "input": "I", "response1": "\(first)", "response2": "\(second)",
       "annotator1": \(votes[0]), "annotator2": \(votes[1]), "annotator3": \(votes[2])}
      """
    }
    let path = try file(
      "["
        + [
          record("aa", "b", [1, 1, 2]), record("a", "b", [0, 2, 0]), record("a", "b", [2, 2, 2]),
          record("?", "b", [1, 1, 1]), record("a", "b", [0, 1, 2]),
        ].joined(separator: ",") + "]")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let preferences = try HumanPreferences(path: path)
    #expect(
      preferences.pairs.map(\.verdict) == [.first, .tie, .second, .first] && preferences.undecided == 1)
    #expect(preferences.pairs[0].prompt == "P\n\nI")
    let agreement = try JudgeAgreement(preferences, reward: Lengths(), seed: 0)
    #expect(agreement.accuracy.mean == 0.5 && agreement.chance == 1.0 / 3)
    #expect(agreement.decidedAccuracy.mean == (1 + 0.5 + 0.5) / 3)
    let lenient = try JudgeAgreement(preferences, reward: Lengths(), tieMargin: 1, seed: 0)
    #expect(lenient.ties == 3)
  }

  @Test("files that hold no pairs are refused")
  func refusals() throws {
    for text in [
      "[]", "{}", #"[{"input": "P"}]"#, #"[{"input": "P", "output_1": "a", "output_2": "b", "label": 3}]"#,
    ] {
      let path = try file(text)
      defer { try? FileManager.default.removeItem(atPath: path) }
      #expect(throws: SelfRewardError.self) { try HumanPreferences(path: path) }
    }
  }

  @Test(
    "the real sets",
    arguments: [
      ("data/judge-llmbar/LLMBar_Natural.json", 100, 0), ("data/judge-pandalm/testset-v1.json", 999, 0),
    ])
  func realSets(name: String, count: Int, undecided: Int) throws {
    guard let path = Fixture.shared(name) else { return }
    let preferences = try HumanPreferences(path: path)
    #expect(preferences.pairs.count == count && preferences.undecided == undecided)
  }
}
