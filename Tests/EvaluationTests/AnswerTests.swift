import Foundation
import Testing

@testable import Evaluation

@Suite("Finding answers, and comparing them")
struct AnswerTests {
  @Test(
    "the last number, with its sign",
    arguments: [
      ("so 12 + 3 = 15.", "15"), ("it is -7", "-7"), ("it is −7 degrees", "-7"),
      ("1,234,567 left", "1234567"), ("3.50 dollars", "3.5"), ("$-4", "-4"), ("-$4", "-4"), ("10-3", "3"),
      ("page-9", "9"), ("1,2", "2"), ("12.", "12"), ("#### 18", "18"), ("costs $1,000.25!", "1000.25"),
      ("#### -1,200", "-1200"), ("x = -0.5", "-0.5"), ("about .5", "0.5"), ("(-3)", "-3"), ("8%", "8"),
      ("at 5:30", "30"), ("v1.2.3", "3"), ("<<48/2=24>>24", "24"),
    ])
  func lastNumber(text: String, expected: String) {
    #expect(AnswerExtraction.lastNumber(in: text) == Decimal(string: expected))
  }

  @Test("no number, no answer", arguments: ["who can say.", "", "…", "one hundred"])
  func none(text: String) {
    #expect(AnswerExtraction.lastNumber(in: text) == nil)
    #expect(AnswerRule.lastNumber.score(text, answer: "3") == 0)
  }

  @Test("exact answers ignore case and white space at the ends, nothing else")
  func exact() {
    #expect(AnswerRule.exact.score("  Seven\n", answer: "seven") == 1)
    #expect(AnswerRule.exact.score("seven.", answer: "seven") == 0)
  }

  @Test(
    "normalised answers",
    arguments: [
      ("The Beatles!", "beatles"), ("  an   apple a day", "apple day"), ("U.S.", "us"),
      ("Rock-n-Roll", "rock n roll"), ("Beyoncé", "beyoncé"), ("don’t", "dont"), ("the", ""),
      ("Åland", "åland"), ("1,000", "1000"), ("red, blue", "red blue"), ("Theatre", "theatre"),
    ])
  func normalized(text: String, expected: String) {
    #expect(AnswerNormalization.normalized(text) == expected)
  }

  @Test("normalised, answers of which nothing is left count as they stand; no answer is never right")
  func normalizedScores() {
    func score(_ response: String, _ answer: String) -> Double {
      AnswerRule.normalized.score(response, answer: answer)
    }
    #expect(score("the beatles.", "The Beatles") == 1)
    #expect(score(" a", "A") == 1 && score("+", "+") == 1)
    #expect(score("", "A") == 0 && score("the", "A") == 0 && score("-", "+") == 0 && score("", "") == 0)
    #expect(AnswerNormalization.exactMatch("A", among: ["B", "A"]) == 1)
  }

  @Test("final: a number where the true answer is one, and nothing but one")
  func final() {
    func score(_ response: String, _ answer: String) -> Double {
      AnswerRule.final.score(response, answer: answer)
    }
    #expect(score("so it is 12.", "12") == 1 && score("-1,200", "−1200") == 1 && score("13", "12") == 0)
    #expect(score("I have 11 apples.", "Apollo 11") == 0 && score("apollo 11.", "Apollo 11") == 1)
    #expect(score("12", "room B 12") == 0)
    #expect(score("It is red.", "It is red.") == 1 && score("it is red", "It is red.") == 1)
    #expect(score("3", "1, 2, 3") == 0 && score("1, 2, 3", "1, 2, 3") == 1)
    #expect(score("1999-12-05", "2024-01-05") == 0 && score("2024-01-05", "2024-01-05") == 1)
  }

  @Test(
    "exact match and F1 with the nearest alias",
    arguments: [
      ("Paris", ["paris", "City of Light"], 1, 1), ("the city of light.", ["Paris", "City of Light"], 1, 1),
      ("Paris, France", ["Paris"], 0, 2.0 / 3), ("", ["Paris"], 0, 0), ("London", ["Paris"], 0, 0),
      ("New York York", ["New York"], 0, 0.8), ("The The", ["The"], 0, 1),
    ])
  func aliases(answer: String, aliases: [String], match: Double, f1: Double) {
    #expect(AnswerNormalization.exactMatch(answer, among: aliases) == match)
    #expect(abs(AnswerNormalization.wordF1(answer, among: aliases) - f1) < 1e-12)
  }

  @Test(
    "letters through brackets, quotes and markup",
    arguments: [
      (" B", 1), ("(C)", 2), ("**A**", 0), ("B. Paris", 1), ("B) Paris", 1), ("> D", 3), ("`C`", 2),
      ("The answer is: B.", 1), ("the correct answer is (D)", 3), ("Answer: A", 0), ("\n\nC\n", 2),
      ("Paris", 1), ("the paris.", 1), ("A", 0), ("B\nBecause", 1), ("A: Rome", 0), ("B Paris", 1),
      ("C because of the fjord", 2), ("A Rome", 0), ("A  rome, surely", 0),
    ] as [(String, Int)])
  func letters(text: String, index: Int) {
    #expect(ChoiceLetter.index(in: text, choices: ["Rome", "Paris", "Oslo", "Bern"]) == index)
  }

  @Test(
    "words that only begin with a letter are no answer",
    arguments: [
      "Because", "A cat sat", "E", "A Roman road", "I don't know", "", "…", "Berlin", "B12", "a", "1",
      "Don't",
    ])
  func noLetter(text: String) {
    #expect(ChoiceLetter.index(in: text, choices: ["Rome", "Paris", "Oslo", "Bern"]) == nil)
  }

  @Test(
    "pass@k without bias, after equation 1 of the Codex paper",
    arguments: [
      (1, 0, 1, 0), (1, 1, 1, 1), (20, 0, 10, 0), (20, 20, 10, 1), (20, 11, 10, 1), (5, 2, 1, 0.4),
      (4, 1, 2, 0.5), (20, 1, 10, 0.5), (10, 3, 5, 1 - 1.0 / 12),
    ] as [(Int, Int, Int, Double)])
  func passAtK(samples: Int, passed: Int, k: Int, expected: Double) {
    #expect(abs(PassAtK.estimate(samples: samples, passed: passed, k: k) - expected) < 1e-12)
  }

  @Test("programs out of what surrounds them")
  func code() {
    #expect(CodeText.unfenced("Here:\n```python\nx = 1\n```\nDone") == "x = 1")
    #expect(CodeText.unfenced("x = 1\ny = 2") == "x = 1\ny = 2")
    #expect(CodeText.unfenced("```\nx = 1") == "x = 1")
    #expect(
      CodeText.withoutTests("  return 1\n  print(2)\nassert f() == 1\nprint(f())") == "  return 1\n  print(2)"
    )
    #expect(CodeText.closed("  return 1", after: "func f() -> Int {\n") == "  return 1\n}")
    #expect(CodeText.closed("  return 1 }", after: "func f() -> Int {\n") == "  return 1 }")
    #expect(
      CodeText.closed("  if x {\n    return \"}\" // }", after: "/** { */ func f() {\n")
        == "  if x {\n    return \"}\" // }\n}\n}")
    #expect(CodeText.pythonLiteral("a\"\\\n\u{1}é") == "\"a\\\"\\\\\\n\\x01é\"")
  }
}
