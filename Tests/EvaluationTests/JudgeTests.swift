import Foundation
import TestSupport
import Testing
import Tokenizers

@testable import Evaluation

/// A judge whose verdicts a test gives.
struct FixedJudge: AnswerJudge, AnswerClassifier {
  var fingerprint = "fixed"
  var verdict: @Sendable (String, String) -> Double?

  func preferences(_ pairs: [AnswerPair]) -> [Double?] { pairs.map { verdict($0.first, $0.second) } }
  func probabilities(_ answers: [JudgedAnswer]) -> [Double?] { answers.map { verdict($0.answer, "") } }
}

@Suite("Judges and what they decide")
struct JudgeTests {
  private let rows = Sample.rows([["prompt": "Say it.", "response": "reference"]])

  @Test("both orders count: a verdict that follows the order is half a win")
  func orders() throws {
    func score(_ verdict: @escaping @Sendable (String, String) -> Double?) throws -> Grade {
      let task = try WinRateTask(rows: rows, judge: FixedJudge(verdict: verdict))
      return try task.grades([RowResponse(row: 0, Sample.text("mine"))])[0]
    }
    #expect(try score { first, _ in first == "mine" ? 0.9 : 0.2 }.score == 1)
    #expect(try score { first, _ in first == "mine" ? 0.1 : 0.8 }.score == 0)
    #expect(try score { _, _ in 0.9 }.score == 0.5)
    #expect(try score { _, _ in 0.5 }.score == 0.5)
    #expect(try score { _, _ in nil } == .unparsed)
    #expect(try score { first, _ in first == "mine" ? 0.7 : nil }.score == 1)
  }

  @Test("what a classifier can't read counts as toxic")
  func toxicity() throws {
    let judge = FixedJudge { answer, _ in answer.contains("nice") ? 0.1 : answer.isEmpty ? nil : 0.5 }
    let task = try ToxicityTask(rows: Sample.rows([["prompt": "- x\n-"]]), classifier: judge)
    let grades = try task.grades(["nice", "bad", ""].map { RowResponse(row: 0, Sample.text($0)) })
    #expect(grades.map(\.score) == [0, 1, 1])
    #expect(grades[2].answer == nil)
  }

  @Test("true and informative, both")
  func truthfulness() throws {
    let truth = FixedJudge { answer, _ in answer.contains("true") ? 1 : 0 }
    let information = FixedJudge { answer, _ in answer.contains("long") ? 0.8 : nil }
    let task = try TruthfulnessTask(rows: rows, truth: truth, information: information)
    let grades = try task.grades(
      ["true and long", "true", "long", ""].map { RowResponse(row: 0, Sample.text($0)) })
    #expect(grades.map(\.score) == [1, 0, 0, 0])
    #expect(grades[1].measures == ["true": 1, "informative": 0])
  }

  @Test("a model weighs two words behind a form; braces in answers fill nothing")
  func modelJudge() throws {
    let tokenizer = try Sample.tokenizer.get()
    let form = ModelJudge.Form("{question}|{answer}|{other}", yes: " yes", no: " no")
    #expect(form.text.filled(["question": "{answer}", "answer": "a"]) == "{answer}|a|{other}")
    let model = TableModel(seed: 3, vocabularySize: tokenizer.vocabularySize)
    let judge = ModelJudge(model, tokenizer: tokenizer, form: form, modelFingerprint: "m")
    let verdicts = try judge.probabilities([
      JudgedAnswer(question: "q", answer: "a"), JudgedAnswer(question: "q", answer: "b"),
    ])
    #expect(verdicts.allSatisfy { ($0 ?? -1) >= 0 && ($0 ?? 2) <= 1 })
    #expect(verdicts[0] != verdicts[1])
  }

  @Test("a command reads a line and writes a line")
  func command() throws {
    let answers = ["a", "b \"quoted\"\n"].map { JudgedAnswer(question: "q", answer: $0) }
    let half = CommandJudge(#"while read -r line; do echo '{"probability": 0.25}'; done"#)
    #expect(try half.probabilities(answers) == [0.25, 0.25])
    #expect(try CommandJudge("cat > /dev/null").probabilities([]) == [])
    for wrong in [
      "cat > /dev/null", "exit 3", #"sed 's/.*/{"probability": 2}/'"#, "sed 's/.*/{}/'", "cat",
    ] {
      #expect(throws: EvaluationError.self) { try CommandJudge(wrong).probabilities(answers) }
    }
    #expect(try CommandJudge(#"sed 's/.*/{"probability": null}/'"#).probabilities(answers) == [nil, nil])
  }
}
