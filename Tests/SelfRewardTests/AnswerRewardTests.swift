import Evaluation
import Formats
import Foundation
import Testing

@testable import SelfReward

@Suite("Rewards that look at answers alone")
struct AnswerRewardTests {
  @Test(
    "a vote is the share of candidates with the same final answer",
    arguments: [
      (["so 7", "7.", "it is 8", "who knows"], [0.5, 0.5, 0.25, nil]), (["5", "5", "5"], [1, 1, 1]),
      (["a", "b"], [nil, nil]), (["1,000", "1000", "1e3", "3"], [0.5, 0.5, 0.5, 0.5]), ([], []),
    ] as [([String], [Double?])])
  func votes(texts: [String], scores: [Double?]) throws {
    let judgments = try MajorityVoteReward(rule: .lastNumber).judge([Fixture.set("?", texts)], seed: 0)
    #expect(judgments[0].map(\.score) == scores)
  }

  @Test("an answer that was cut has no vote, whatever number it ends in")
  func cutVotes() throws {
    var set = Fixture.set("?", ["it is 1", "it is 1", "it is 14", "it is 14"])
    set.candidates[1].isComplete = false
    let scores = try MajorityVoteReward(rule: .lastNumber).judge([set], seed: 0)[0].map(\.score)
    #expect(scores == [0.25, nil, 0.5, 0.5])
  }

  @Test("answers in words, with or without a full stop")
  func wordVotes() throws {
    let set = [Fixture.set("?", ["Ann.", "ann", "Bob", ""])]
    let final = try MajorityVoteReward(rule: .final).judge(set, seed: 0)[0].map(\.score)
    #expect(final == [0.5, 0.5, 0.25, nil])
    let exact = try MajorityVoteReward(rule: .exact).judge(set, seed: 0)[0].map(\.score)
    #expect(exact == [0.25, 0.25, 0.25, nil])
  }

  @Test(
    "every written calculation is worked out again",
    arguments: [
      ("3 + 4 = 7", [true]), ("3 + 4 = 8", [false]), ("8 + 6 = 14, 14 - 3 = 11", [true, true]),
      ("8 + 6 = 14, 14 - 3 = 12", [true, false]), ("2 x 3 = 6", [true]), ("2 × 3 = 6; 2*3=7", [true, false]),
      ("12 ÷ 4 = 3 and 12 / 5 = 2", [true, false]), ("7 − 9 = -2", [true]), ("7 - 9 = 2", [false]),
      ("48/2 = <<48/2=24>>24 clips", [true]), ("$3.50 + $1.25 = $4.75", [true]), ("1,000 + 1 = 1001", [true]),
      // Longer ones, with × before +.
      ("2 + 3 + 4 = 9", [true]), ("2 + 3 x 4 = 14", [true]), ("2 + 3 x 4 = 20", [false]),
      // Rounded results may be as exact as they look.
      ("10 / 3 = 3.33", [true]), ("10 / 3 = 3.4", [false]), ("10 / 3 = 3", [false]), ("1 / 0 = 0", [false]),
      ("0.1 + 0.2 = 0.3", [true]),
      // Chains.
      ("8 + 6 = 14 - 3 = 11", [true, true]), ("3 + 4 = 5 + 2", [true]), ("3 + 4 = 7 = 7", [true]),
      // Signs and bullets.
      ("-3 + 5 = 2", [true]), ("5 - -3 = 8", [true]), ("- 3 + 4 = 7", [true]), ("* 2 * 5 = 10", [true]),
      ("so it is 5-3=2", [true]), ("box 3 + 4 = 7", [true]),
      // Not the whole of a calculation, or none.
      ("(1 + 2) * 3 + 1 = 10", []), ("n + 3 + 4 = 12", []), ("2 * (3 + 4) = 14", []), ("7", []), ("", []),
      ("x = 5", []), ("5 = 5", []), ("3 + = 4", []), ("10-12 apples", []), ("20 * 5% = 1", []),
      ("3 + 4 =", []),
      ("5️⃣ + 1 = 6", []),
    ] as [(String, [Bool])])
  func equations(text: String, verdicts: [Bool]) {
    #expect(WrittenEquations.find(in: text).map(\.isRight) == verdicts)
  }

  @Test("the calculator's score is the share that is right, and missing without any")
  func calculator() throws {
    let set = [Fixture.set("?", ["1 + 1 = 2, 2 + 2 = 5", "seven"])]
    #expect(try CalculatorReward().judge(set, seed: 0)[0].map(\.score) == [0.5, nil])
    #expect(
      try CalculatorReward(scoreWithoutEquations: 0.25).judge(set, seed: 0)[0].map(\.score) == [0.5, 0.25])
  }

  // MARK: - Several rewards

  /// Gives the scores that it was made with, in order.
  private struct Given: Reward {
    let name = "given"
    let scores: [Double?]
    func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
      sets.grouped(scores.map { Judgment(score: $0) })
    }
  }

  @Test("a weighted sum of standardised scores, missing where a part is")
  func combined() throws {
    let sets = [Fixture.set("?", ["a", "b"]), Fixture.set("?", ["c", "d"], id: "2")]
    let reward = try CombinedReward([
      (2, Given(scores: [0, 10, 10, 0])), (-1, Given(scores: [0.1, nil, 0.3, 0.2])),
      (5, Given(scores: [3, 3, 3, 3])),
    ])
    let scores = try reward.judge(sets, seed: 0).flatMap { $0.map(\.score) }
    let unit = 1.5.squareRoot()
    for (score, expected) in zip(scores, [-2 + unit, nil, 2 - unit, -2]) {
      #expect((score == nil) == (expected == nil))
      #expect(abs((score ?? 0) - (expected ?? 0)) < 1e-9)
    }
    #expect(throws: SelfRewardError.self) { try CombinedReward([]) }
    #expect(throws: SelfRewardError.self) { try CombinedReward([(.nan, Given(scores: []))]) }
  }

  @Test("the first orders, the others agree or don't")
  func agreement() throws {
    let reward = try AgreementReward([
      Given(scores: [1, 2, 3]), Given(scores: [10, 30, 20]), Given(scores: [nil, 5, 6]),
    ])
    let judgments = try reward.judge([Fixture.set("?", ["a", "b", "c"])], seed: 0)[0]
    #expect(PairAgreement(judgments[2], over: judgments[1]).weight == 1.0 / 3)
    #expect(PairAgreement(judgments[1], over: judgments[0]).undecided == 1)
    #expect(!PairAgreement(judgments[1], over: judgments[0]).isUnanimous)
    let scores = judgments.map { $0.score ?? .nan }
    #expect(scores[0] < scores[1] && scores[1] < scores[2])
    #expect(throws: SelfRewardError.self) { try AgreementReward([Given(scores: [])]) }
  }

  // MARK: - Specifications

  @Test("a specification makes the reward that it names")
  func specification() throws {
    let policy = try Fixture.policy { _ in ["Score: 1": 1] }
    let all: [RewardSpecification] = [
      .sampledRubric(SampledRubricOptions()), .expectedScore(.short), .verifier(.verifier),
      .pairwise(.pairwise, .wins), .majorityVote(.lastNumber), .calculator(scoreWithoutEquations: nil),
      .likelihood(nil, isLengthNormalized: true), .implicit(beta: 0.1, isLengthNormalized: false),
      .command(["cat"], RetryOptions()), .http("http://localhost:1/judge", RetryOptions()),
      .combined([.init(weight: 1, reward: .calculator(scoreWithoutEquations: 0))]),
      .agreement([.calculator(scoreWithoutEquations: 0), .majorityVote(.exact)]),
    ]
    for specification in all {
      let reward = try specification.makeReward(judge: policy, reference: policy)
      #expect(reward.name == specification.name)
      if specification.needsJudge {
        #expect(throws: SelfRewardError.self) { try specification.makeReward(judge: nil) }
      } else {
        _ = try specification.makeReward(judge: nil)
      }
    }
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(throws: EvaluationError.self) {
      try RewardSpecification.http("judge.example", RetryOptions()).makeReward(judge: nil)
    }
    #expect(throws: EvaluationError.self) {
      try RewardSpecification.command([], RetryOptions()).makeReward(judge: nil)
    }
  }
}
