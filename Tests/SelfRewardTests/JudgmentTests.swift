import Testing

@testable import SelfReward

@Suite("Judgments")
struct JudgmentTests {
  @Test(
    "a score is the mean of what could be read",
    arguments: [
      ([3, 4, 5], 4), ([nil, 4, nil], 4), ([nil, nil], nil), ([], nil), ([0, nil, 1], 0.5),
    ] as [([Double?], Double?)])
  func averaging(samples: [Double?], score: Double?) {
    let judgment = Judgment(averaging: samples)
    #expect(judgment.score == score)
    #expect(judgment.samples == samples)
  }

  @Test(
    "agreement counts samples, and a missing one votes for nobody",
    arguments: [
      ([3, 4, 5], [1, 2, 3], 1.0, true), ([3, 4, 5], [3, 4, 5], 0, false),
      ([3, 1, 5], [1, 2, 3], 1.0 / 3, false), ([3, nil, 5], [1, 2, 3], 2.0 / 3, false), ([], [], 0, false),
    ] as [([Double?], [Double?], Double, Bool)])
  func agreement(chosen: [Double?], rejected: [Double?], weight: Double, isUnanimous: Bool) {
    let agreement = PairAgreement(
      Judgment(averaging: chosen), over: Judgment(averaging: rejected))
    #expect(abs(agreement.weight - weight) < 1e-12)
    #expect(agreement.isUnanimous == isUnanimous)
    let swapped = PairAgreement(
      Judgment(averaging: rejected), over: Judgment(averaging: chosen))
    #expect(swapped.weight == -agreement.weight)
  }

  @Test("what was found for all candidates goes back into their sets")
  func grouping() {
    let candidate = Candidate(text: "", tokens: [], isComplete: true)
    let sets = [2, 0, 1].map {
      CandidateSet(id: "\($0)", prompt: "", candidates: Array(repeating: candidate, count: $0))
    }
    #expect(sets.grouped(["a", "b", "c"]) == [["a", "b"], [], ["c"]])
  }
}
