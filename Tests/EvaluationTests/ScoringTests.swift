import Formats
import Foundation
import Testing

@testable import Evaluation

@Suite("Answers and their scores")
struct ScoringTests {
  @Test(
    "the last number, with its sign",
    arguments: [
      ("so 12 + 3 = 15.", "15"), ("it is -7", "-7"), ("it is −7 degrees", "-7"),
      ("1,234,567 left", "1234567"),
      ("3.50 dollars", "3.5"), ("$-4", "-4"), ("-$4", "-4"), ("10-3", "3"), ("page-9", "9"), ("1,2", "2"),
      ("12.", "12"), ("#### 18", "18"), ("costs $1,000.25!", "1000.25"),
    ])
  func lastNumber(text: String, expected: String) {
    #expect(AnswerExtraction.lastNumber(in: text) == Decimal(string: expected))
  }

  @Test("no number, no answer")
  func none() {
    #expect(AnswerExtraction.lastNumber(in: "who can say.") == nil)
    #expect(AnswerRule.lastNumber.score("who can say.", answer: "3") == 0)
  }

  @Test("exact answers ignore case and white space at the ends, nothing else")
  func exact() {
    #expect(AnswerRule.exact.score("  Seven\n", answer: "seven") == 1)
    #expect(AnswerRule.exact.score("seven.", answer: "seven") == 0)
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

  @Test("the gap closed")
  func gap() {
    func system(_ name: String, _ right: Int) -> SystemResult {
      SystemResult(name: name, responses: [], scores: (0..<10).map { $0 < right ? 1 : 0 })
    }
    let comparison = Comparison(
      task: "t", systems: [system("base", 2), system("proxied", 8), system("tuned", 9)])
    #expect(abs((comparison.gapClosed() ?? 0) - 6.0 / 7) < 1e-12)
    #expect(comparison.json["systems"]?["base"]?["n"]?.intValue == 10)
    #expect(Comparison(task: "t", systems: [system("base", 2)]).gapClosed() == nil)
  }
}
