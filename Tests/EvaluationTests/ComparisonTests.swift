import Formats
import Foundation
import Testing

@testable import Evaluation

@Suite("Scores, intervals, differences and gaps")
struct ComparisonTests {
  private func system(_ name: String, _ right: Int, of count: Int = 10) -> SystemResult {
    SystemResult(name: name, responses: [], scores: (0..<count).map { $0 < right ? 1 : 0 })
  }

  @Test("intervals hold the mean, narrow with more examples, and are the same each time")
  func intervals() {
    let few = Estimate((0..<50).map { Double($0 % 2) })
    let many = Estimate((0..<800).map { Double($0 % 2) })
    #expect(few.lower < 0.5 && few.upper > 0.5)
    #expect(many.upper - many.lower < few.upper - few.lower)
    #expect(many == Estimate((0..<800).map { Double($0 % 2) }))
    // Of 800 fair coins the standard error is 1.77 %, so the interval is about 6.9 % wide.
    #expect(abs((many.upper - many.lower) - 0.0693) < 0.008)
  }

  @Test("the gap closed, also where less is better")
  func gap() {
    let comparison = Comparison(
      task: "t", systems: [system("base", 2), system("proxied", 8), system("tuned", 9)])
    #expect(abs((comparison.gapClosed() ?? 0) - 6.0 / 7) < 1e-12)
    #expect(comparison.json["systems"]?["base"]?["n"]?.intValue == 10)
    #expect(Comparison(task: "t", systems: [system("base", 2)]).gapClosed() == nil)
    #expect(
      Comparison(task: "t", systems: [system("base", 2), system("proxied", 3), system("tuned", 2)])
        .gapClosed() == nil)
    // Direct tuning made it worse: nothing is closed by coming near to that.
    let worse = Comparison(
      task: "t", systems: [system("base", 5), system("proxied", 3), system("tuned", 2)])
    #expect(worse.gapClosed() == nil && worse.gaps.isEmpty)
    #expect(worse.warnings.contains { $0.contains("no gap to close") })
    let doubtful = Comparison(
      task: "t", systems: [system("base", 5), system("proxied", 8), system("tuned", 6)])
    #expect(doubtful.warnings.contains { $0.contains("the gap closed says little") })
    #expect(doubtful.differences.contains { $0.first == "tuned" && $0.second == "base" })
    #expect(comparison.warnings.isEmpty)
    func bits(_ name: String, _ value: Double) -> SystemResult {
      SystemResult(name: name, responses: [], scores: [value])
    }
    let text = Comparison(
      task: "t", metric: Metric("bits per byte", isHigherBetter: false, isShare: false),
      systems: [bits("base", 1.0), bits("expert", 0.7), bits("proxied", 0.8), bits("tuned", 0.6)])
    #expect(abs((text.gapClosed() ?? 0) - 0.5) < 1e-12)
    #expect(text.warnings.count == 1 && text.warnings[0].contains("the expert alone is better"))
    #expect(abs((ComparisonTable([comparison, text]).meanGapClosed() ?? 0) - (6.0 / 7 + 0.5) / 2) < 1e-12)
    #expect(ComparisonTable([comparison, Comparison(task: "u", systems: [])]).meanGapClosed() == nil)
  }

  @Test("steered systems are held against each of several experts")
  func severalExperts() {
    let comparison = Comparison(
      task: "t",
      systems: [system("base", 2), system("expert", 3), system("expert 2", 9), system("proxied", 8)])
    #expect(comparison.differences.map(\.second) == ["base", "expert", "expert 2"])
    #expect(comparison.warnings.count == 1 && comparison.warnings[0].contains("the expert 2 alone is better"))
  }

  @Test("paired differences are narrower than the systems' own intervals")
  func pairs() throws {
    // The two agree on all rows but a few.
    let base = SystemResult(name: "base", responses: [], scores: (0..<200).map { Double($0 % 2) })
    let proxied = SystemResult(
      name: "proxied", responses: [], scores: (0..<200).map { $0 % 20 == 0 ? 1 : Double($0 % 2) })
    let comparison = Comparison(task: "t", systems: [base, proxied])
    let difference = try #require(comparison.difference("proxied", "base"))
    #expect(abs(difference.mean - 0.05) < 1e-12)
    #expect(difference.lower > 0)
    #expect(difference.upper - difference.lower < proxied.estimate.upper - proxied.estimate.lower)
  }

  @Test("JSON has the keys that other programs read, and what was measured beside")
  func json() throws {
    let rows = (0..<4).map { row in
      AnsweredRow(
        row: row,
        response: .texts([GeneratedText("a", tokenCount: 10, isComplete: true, changedTokens: row)]),
        grade: Grade(row < 2 ? 1 : 0, answer: row == 3 ? nil : "a", measures: ["f1": 0.5]))
    }
    var proxied = SystemResult(name: "proxied", rows: rows)
    proxied.timing = Timing(seconds: 2, tokenCount: 40)
    let comparison = Comparison(
      task: "t", metric: Metric("exact match"), systems: [system("base", 1, of: 4), proxied])
    let json = comparison.json
    #expect(json["task"] == "t" && json["gap_closed"]?.isNull == true)
    let system = try #require(json["systems"]?["proxied"])
    #expect(system["score"]?.doubleValue == 0.5 && system["n"]?.intValue == 4)
    #expect(system["interval"]?.arrayValue?.count == 2)
    #expect(system["f1"]?.doubleValue == 0.5 && system["unparsed"]?.intValue == 1)
    #expect(system["tokens_changed"]?.doubleValue == 6.0 / 40)
    #expect(system["seconds_per_token"]?.doubleValue == 0.05)
    #expect(comparison.table.contains("1 unreadable") && comparison.table.contains("proxied − base"))
    #expect(ComparisonTable([comparison]).json == json)
  }

  @Test("perplexity over all tokens, not the mean of documents'")
  func perplexity() throws {
    let rows = [(-10.0, 10), (-2.0, 1)].enumerated().map { row, item in
      AnsweredRow(
        row: row,
        response: .likelihoods([
          Likelihood(logProbability: item.0, tokenCount: item.1, byteCount: 1)
        ]), grade: Grade(1, answer: ""))
    }
    let perplexity = try #require(SystemResult(name: "base", rows: rows).perplexity)
    #expect(abs(perplexity - exp(12.0 / 11)) < 1e-12)
  }
}
