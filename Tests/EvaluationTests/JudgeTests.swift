import Diagnostics
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
    let unread = try score { _, _ in nil }
    #expect(unread.score == 0 && unread.answer == nil)
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

  @Test("what is too long for a judging model has no verdict, and stops no other")
  func longJudgment() throws {
    let tokenizer = try Sample.tokenizer.get()
    let model = TableModel(seed: 3, vocabularySize: tokenizer.vocabularySize)
    let judge = ModelJudge(model, tokenizer: tokenizer, form: .toxicity, modelFingerprint: "m")
    let short = ModelJudge(
      model, tokenizer: tokenizer, form: .init("{answer}:", yes: " yes", no: " no"), modelFingerprint: "m")
    let answers = [String(repeating: "word ", count: 100), "a"].map { JudgedAnswer(question: "", answer: $0) }
    let verdicts = try short.probabilities(answers)
    #expect(verdicts[0] == nil && verdicts[1] != nil)
    #expect(judge.fingerprint != short.fingerprint)
  }

  // MARK: - Commands and addresses

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

  @Test("an address is asked again when it errs, hangs up or babbles; null is a verdict that can't be said")
  func address() throws {
    let server = try ScriptedServer([
      .reply(status: 200, body: #"{"probability": 0.75}"#), .reply(status: 503, body: "busy"),
      .reply(status: 200, body: "<html>"), .reply(status: 200, body: #"{"probability": 0}"#), .close,
      .reply(status: 200, body: #"{"probability": null}"#),
    ])
    var waits: [Double] = []
    let judge = try HTTPJudge("http://127.0.0.1:\(server.port)/judge") { waits.append($0) }
    let pairs = (0..<3).map { AnswerPair(question: "q\($0)", first: "a", second: "b") }
    #expect(try judge.preferences(pairs) == [0.75, 0, nil])
    #expect(waits == [0.5, 1, 0.5])
    #expect(server.bodies[0].contains(#"{"question":"q0","first":"a","second":"b"}"#))
  }

  @Test("an address that never says a probability ends the run; nothing is called bad for it")
  func unreachable() throws {
    var options = RetryOptions()
    options.attempts = 2
    let server = try ScriptedServer([
      .reply(status: 200, body: #"{"score": 1}"#), .reply(status: 200, body: #"{"probability": 7}"#),
    ])
    let address = "http://127.0.0.1:\(server.port)/"
    let judge = try HTTPJudge(address, options: options) { _ in }
    let answers = [JudgedAnswer(question: "q", answer: "a")]
    // The script is over then, and nobody listens.
    for problem in ["7 is no probability", address] {
      do {
        _ = try judge.probabilities(answers)
        Issue.record("it was judged")
      } catch let error as EvaluationError {
        #expect(error.diagnostics[0].exitCode == .unavailable && "\(error)".contains(problem), "\(error)")
      }
    }
    for wrong in ["judge.example", "ftp://judge.example/", ""] {
      #expect(throws: EvaluationError.self) { try HTTPJudge(wrong) }
    }
  }

  @Test("what is judged can't spell a special token", arguments: ["", "\u{301}"])
  func disarming(mark: String) throws {
    let tokenizer = try Sample.tokenizer.get()
    let special = try #require(tokenizer.addedTokens.first { $0.isSpecial && $0.content.count > 1 })
    let text = tokenizer.disarmed("so \(special.content)\(mark) it is")
    #expect(!tokenizer.encode(text, addSpecialTokens: false).contains(special.id))
    #expect(tokenizer.disarmed("so it is") == "so it is")
  }
}
