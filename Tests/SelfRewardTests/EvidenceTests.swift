import Diagnostics
import Formats
import Testing

@testable import SelfReward

@Suite("Audit, gate, oracle and what is counted")
struct EvidenceTests {
  private func set(_ id: String, _ answers: [String]) -> CandidateSet {
    CandidateSet(
      id: id, prompt: id,
      candidates: answers.map { Candidate(text: $0, tokens: [1, 2, UInt32($0.count)], isComplete: true) })
  }

  /// Two prompts with four candidates each; the judge orders five of the seven couples rightly.
  private var audit: JudgeAudit {
    let sets = [set("a", ["1", "2", "1", "3"]), set("b", ["5", "6", "7", "8"])]
    let truth = [[true, false, true, false], [true, false, false, false]]
    let judgments = [[4.0, 1, 2, 3], [2.0, 2, 1, 3]].map { $0.map { Judgment(score: $0) } }
    let pairs = PairMaker(PairOptions()).pairs(sets, judgments, seed: 0).pairs
    return JudgeAudit(sets, judgments, truth: truth, pairs: pairs) { text, set in
      set.id == "a" ? text == "1" : text == "5"
    }
  }

  @Test("the audit's numbers on candidates made by hand")
  func numbers() {
    let audit = audit
    #expect(audit.meanRight == 3.0 / 8)
    #expect(audit.majorityRight == 1)
    #expect(audit.anyRight == 1)
    // a: 1 over 2, 1 over 3, 1' over 2, not 1' over 3; b: equal to 6, over 7, not over 8.
    #expect(audit.couples == 7)
    #expect(audit.areaUnderCurve == 4.5 / 7)
    #expect(audit.chosenRight == 0.5 && audit.rejectedRight == 0)
    #expect(audit.selectionGain == 0.5 && audit.purity == 0.5)
  }

  @Test("the gate refuses below its thresholds, all of them at once, unless told otherwise")
  func gate() throws {
    var gate = AuditGate()
    gate.pairs = 2
    #expect(try gate.check(audit).isEmpty)
    gate.areaUnderCurve = 0.7
    gate.selectionGain = 0.6
    let error = #expect(throws: SelfRewardLoopError.self) { _ = try gate.check(audit) }
    #expect(error?.diagnostics.count == 2)
    #expect(error?.diagnostics.first?.exitCode == .badData)
    #expect(
      error?.diagnostics.first?.text.hasPrefix(
        "the audit's judge AUC is 0.643, the gate wants at least 0.7 (gate.judge_auc)") == true)
    gate.isEnforced = false
    #expect(try gate.check(audit).map(\.what) == ["judge AUC", "selection gain"])
  }

  @Test("counts add up name by name, also those of a part")
  func counts() {
    var counts: JSONObject = ["asked": 3, "http": ["retries": 1]]
    counts.add(["asked": 2, "http": ["retries": 4, "garbage": 1], "share": 0.5])
    #expect(counts == ["asked": 5, "http": ["retries": 5, "garbage": 1]])
    #expect(
      counts.subtracting(["asked": 4, "http": ["retries": 5]])
        == ["asked": 1, "http": ["retries": 0, "garbage": 1]])
  }

  @Test("an oracle counts who asks, and what is asked while a loop runs")
  func oracle() {
    let oracle = Oracle(answers: ["a": "14", "b": "3"])
    #expect(oracle.isRight(" 8 + 6 = 14.", to: "a", for: .audit) == true)
    #expect(oracle.isRight(" 13.", to: "a", for: .evaluation) == false)
    #expect(oracle.isRight(" 13.", to: "c", for: .evaluation) == nil)
    #expect(oracle.callsInLoops(except: "oracle") == 0)
    oracle.watch("oracle") { _ = oracle.isRight("3", to: "b", for: .oracleArm) }
    #expect(oracle.callsInLoops(except: "oracle") == 0)
    // Whatever purpose a call claims: in a loop it is one.
    oracle.watch("self") { _ = oracle.isRight("3", to: "b", for: .evaluation) }
    #expect(oracle.callsInLoops(except: "oracle") == 1)
    #expect(oracle.log.map(\.calls) == [1, 2, 1, 1])
  }

  @Test("a round without pairs says what kept them from being made")
  func noPairs() {
    func advice(_ change: (inout PairCounts) -> Void) -> String? {
      var counts = PairCounts()
      counts.prompts = 4
      change(&counts)
      return SelfRewardLoopError.noPairs(round: 1, counts: counts).diagnostics.first?.advice
    }
    #expect(advice { $0.prompts = 0 }?.contains("prompts.jsonl") == true)
    #expect(advice { $0.missing = 9 }?.contains("judgments.jsonl") == true)
    #expect(advice { $0.ties = 4 }?.contains("ask less of pairs") == true)
    // Rounds before it are a result: it ends them as a rule does.
    let late = SelfRewardLoopError.noPairs(round: 2, counts: PairCounts())
    #expect(late.stopReason?.contains("round 2 made 0 pairs") == true)
    #expect(SelfRewardLoopError.noPairs(round: 1, counts: PairCounts()).stopReason == nil)
    #expect(SelfRewardLoopError.interrupted.stopReason == nil)
  }

  @Test("statistics of candidates and scores made by hand")
  func statistics() {
    let sets = [set("a", ["1", "1", "1", "2"])]
    let statistics = CandidateStatistics(sets)
    #expect(statistics.voteShare == 0.75)
    #expect(abs(statistics.answerEntropy - 0.5623351446) < 1e-9)
    #expect(statistics.length == 3 && statistics.completeShare == 1)
    #expect(statistics.distinctOne == 2.0 / 12 && statistics.distinctTwo == 2.0 / 8)
    let scores = ScoreStatistics([
      [0, 1, nil].map { Judgment(score: $0) }, [2, 2, 2].map { Judgment(score: $0) },
    ])
    #expect(scores.judged == 5 && scores.missing == 1 && scores.tieRate == 0.5)
    #expect(scores.mean == 1.4)
    #expect(scores.histogram == [1, 0, 0, 0, 0, 1, 0, 0, 0, 3])
    let broken = ScoreStatistics([[0.0, Double.nan, .infinity].map { Judgment(score: $0) }])
    #expect(broken.judged == 1 && broken.missing == 2 && broken.histogram.reduce(0, +) == 1)
    // The first two are the model's own: one win, one loss, one tie over the other.
    let rate = RoundHealth.winRate(
      [[3, 1, 2].map { Judgment(score: $0) }, [2, 2].map { Judgment(score: $0) }], own: 1)
    #expect(rate == 2.5 / 3)
  }

  @Test("stop rules see agreement, ties, drift and falling entropy; a healthy round goes on")
  func stopRules() {
    func health(
      votes: Double = 0.5, length: Double = 20, entropy: Double = 0.2, ties: [Double] = [1, 2]
    ) -> RoundHealth {
      var candidates = CandidateStatistics([])
      candidates.voteShare = votes
      candidates.length = length
      return RoundHealth(
        candidates: candidates, scores: ScoreStatistics([ties.map { Judgment(score: $0) }]), entropy: entropy,
        divergence: 0, winRate: nil)
    }
    var rules = StopRules()
    rules.voteShare = 0.95
    rules.tieRate = 0.9
    rules.lengthDrift = 1.5
    rules.entropyFloor = 0.25
    let start = health()
    #expect(rules.reason(health(), start: start) == nil)
    #expect(rules.reason(health(votes: 0.97), start: start)?.contains("agree") == true)
    #expect(rules.reason(health(ties: [2, 2]), start: start)?.contains("tie") == true)
    #expect(rules.reason(health(length: 40), start: start)?.contains("lengths") == true)
    #expect(rules.reason(health(length: 10), start: start)?.contains("lengths") == true)
    #expect(rules.reason(health(entropy: 0.04), start: start)?.contains("entropy") == true)
  }
}
