import Decoding
import Formats
import Foundation
import Testing

@testable import Evaluation

@Suite("Tasks: what they ask, and what answers are worth")
struct TaskTests {
  // MARK: - GSM8K

  private func gsm8k(_ answer: String) throws -> GSM8KTask {
    try GSM8KTask(rows: Sample.rows([["prompt": "How many?", "response": "…\n#### 5", "answer": answer]]))
  }

  @Test("GSM8K asks as the paper does")
  func gsm8kPrompt() throws {
    guard case .generation(let query) = try gsm8k("5").query(0) else {
      Issue.record("no text is asked for")
      return
    }
    #expect(query.prompt == "Answer the following question.\n\nQuestion: How many?\nAnswer:")
    #expect(query.maximumTokens == 512 && query.sampling.temperature == 0 && query.samples == 1)
    #expect(query.stops.contains("Question:"))
  }

  @Test(
    "GSM8K: signs count, commas don't, an answer without a number is wrong",
    arguments: [
      ("-5", " 3 − 8 = -5", 1), ("-5", " 5", 0), ("1200", " so\n#### 1,200", 1), ("18", " 18 dollars.", 1),
      ("18", " 18.0", 1), ("18", " 18.5", 0), ("18", " I don't know", 0), ("18", "", 0), ("18", " 81", 0),
    ])
  func gsm8kScores(answer: String, response: String, score: Double) throws {
    let grade = try gsm8k(answer).grade(Sample.text(response), row: 0)
    #expect(grade.score == score)
    #expect((grade.answer == nil) == !response.contains { $0.isNumber })
  }

  @Test("GSM8K refuses rows without a number")
  func gsm8kRefusal() {
    #expect(throws: EvaluationError.self) { try gsm8k("many") }
  }

  // MARK: - Open questions

  @Test("open questions: aliases, normalised")
  func openQuestions() throws {
    let task = try OpenQuestionTask(
      rows: Sample.rows([
        ["prompt": "Who?", "response": "x", "aliases": #"["The Beatles", "Fab Four"]"#],
        ["prompt": "Where?", "response": "Paris"],
      ]))
    #expect(task.query(0).prompt == "Question: Who?\nAnswer:")
    #expect(task.grade(Sample.text(" beatles."), row: 0).score == 1)
    #expect(task.grade(Sample.text(" fab four"), row: 0).measures["f1"] == 1)
    #expect(task.grade(Sample.text(" x"), row: 0).score == 0)
    #expect(task.grade(Sample.text("Paris"), row: 1).score == 1)
    #expect(task.grade(Sample.text(" the"), row: 1).answer == nil)
  }

  @Test("a column that should be a list and isn't, is named")
  func badList() {
    #expect(throws: EvaluationError.self) {
      try OpenQuestionTask(rows: Sample.rows([["prompt": "?", "response": "x", "aliases": "one, two"]]))
    }
  }

  // MARK: - Multiple choice

  private static let quiz: KeyValuePairs<String, String> = [
    "prompt": "Which?", "choices": #"["Rome", "Paris", "Oslo", "Bern"]"#, "answer": "1",
  ]

  @Test("RealTimeQA: the likeliest of the letters; out of reach is wrong, not left out")
  func temporal() throws {
    let task = try RealTimeQATask.temporal(rows: Sample.rows([Self.quiz]))
    #expect(
      task.query(0)
        == .likelihood(
          prompt: "Which?\nA. Rome\nB. Paris\nC. Oslo\nD. Bern\n\nThe answer is:",
          continuations: [" A", " B", " C", " D"]))
    #expect(task.grade(Sample.likelihoods([-3, -1, -2, -.infinity]), row: 0).score == 1)
    #expect(task.grade(Sample.likelihoods([-1, -1.5, -2, -3]), row: 0).score == 0)
    let none = task.grade(Sample.likelihoods([-.infinity, -.infinity, -.infinity, -.infinity]), row: 0)
    #expect(none.score == 0 && none.answer == nil)
    let share = task.grade(Sample.likelihoods([log(0.1), log(0.3), log(0.1), log(0.1)]), row: 0)
    #expect(abs((share.measures["probability"] ?? 0) - 0.5) < 1e-12)
  }

  @Test("answers are texts, indices or letters", arguments: [("Oslo", 2), ("3", 3), ("A", 0)])
  func places(answer: String, place: Int) throws {
    let rows = Sample.rows([
      ["prompt": "?", "choices": #"["Rome", "Paris", "Oslo", "Bern"]"#, "answer": answer]
    ])
    #expect(try rows.choiceQuestions()[0].correct == [place])
  }

  @Test("behind a template that ends its line, no space stands before an answer")
  func continuations() {
    #expect(TaskPrompt.continuation("A", of: "The answer is:") == " A")
    #expect(TaskPrompt.continuation("A", of: "<|im_start|>assistant\n") == "A")
  }

  @Test("an answer that is no choice is refused", arguments: ["Lima", "4", "E"])
  func noPlace(answer: String) {
    let rows = Sample.rows([["prompt": "?", "choices": #"["Rome", "Paris"]"#, "answer": answer]])
    #expect(throws: EvaluationError.self) { try rows.choiceQuestions() }
  }

  @Test("by likelihood: the sum favours short answers, the mean over bytes doesn't")
  func normalization() throws {
    let question = ChoiceQuestion(question: "Q", choices: ["a", "a long one"], correct: [1])
    func score(_ normalization: LikelihoodChoiceTask.Normalization) throws -> Double {
      let task = try LikelihoodChoiceTask(
        name: "t", questions: [question], normalization: normalization, path: "")
      return task.grade(
        .likelihoods([
          Likelihood(logProbability: -2, tokenCount: 1, byteCount: 2),
          Likelihood(logProbability: -6, tokenCount: 4, byteCount: 11),
        ]), row: 0
      ).score
    }
    #expect(try score(.none) == 0)
    #expect(try score(.bytes) == 1)
  }

  private static let truth: KeyValuePairs<String, String> = [
    "prompt": "Why?", "best_answer": "b", "correct_answers": #"["b", "c"]"#,
    "incorrect_answers": #"["x", "y", "z", "w"]"#,
  ]

  @Test("TruthfulQA's three forms")
  func truthfulQA() throws {
    let rows = Sample.rows([Self.truth, Self.truth, Self.truth])
    let first = try TruthfulQATask.likeliest(rows: rows)
    #expect(first.grade(Sample.likelihoods([-1, -2, -2, -2, -2]), row: 0).score == 1)
    let second = try TruthfulQATask.mass(rows: rows)
    let mass = second.grade(Sample.likelihoods([1, 1, 1, 1, 1, 1].map { -Double($0) }), row: 0).score
    #expect(abs(mass - 1.0 / 3) < 1e-12)
    let letters = try TruthfulQATask.letters(rows: rows)
    let prompts = (0..<3).map { letters.query($0).prompt }
    // The same in every run, but shuffled by row.
    #expect(prompts == (0..<3).map { (try? TruthfulQATask.letters(rows: rows))?.query($0).prompt })
    #expect(Set(prompts).count > 1)
    for row in 0..<3 {
      let right = letters.reference(row).prefix(1)
      #expect(letters.grade(Sample.text(" \(right))"), row: row).score == 1)
      #expect(letters.grade(Sample.text("Well"), row: row) == .unparsed)
    }
  }

  // MARK: - Programs

  private static let program: KeyValuePairs<String, String> = [
    "prompt": "def one():\n", "entry_point": "one", "tests": "def check(c):\n    assert c() == 1",
    "code_context": "def test_execution(solution): exec(solution)",
  ]

  /// What the paper's table of evaluations says of a task that writes programs.
  private struct ProgramQuery {
    let prompt: String
    let stops: [String]
    let forbidden: [String]
    let forbiddenFirst: [String]
  }

  @Test("HumanEval and DS-1000 ask as the paper does: twenty draws, pass@10, its stops and forbidden tokens")
  func programs() throws {
    let rows = Sample.rows([Self.program])
    let runner = try CodeRunner(.python, isolation: .none)
    let expected: [(any CodeTask, ProgramQuery)] = [
      (
        try HumanEvalTask(rows: rows, runner: runner),
        ProgramQuery(
          prompt: "def one():\n", stops: ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
          forbidden: ["pass", "..."], forbiddenFirst: [])
      ),
      (
        try DS1000Task(rows: rows, runner: runner),
        ProgramQuery(
          prompt: "def one():\n\n", stops: ["</code>", "# SOLUTION END", "END SOLUTION"], forbidden: [],
          forbiddenFirst: ["</"])
      ),
    ]
    for (task, expected) in expected {
      guard case .generation(let query) = task.query(0) else {
        Issue.record("\(task.name) asks for no text")
        continue
      }
      #expect(query.prompt == expected.prompt && query.stops == expected.stops)
      #expect(query.forbidden == expected.forbidden && query.forbiddenFirst == expected.forbiddenFirst)
      // The spaces that an answer begins with are part of the program.
      #expect(query.continuesText)
      #expect(query.sampling.temperature == 0.8 && query.sampling.topP == 0.95)
      #expect(query.samples == 20 && query.maximumTokens == 512 && task.metric.name == "pass@10")
    }
    #expect(
      try HumanEvalTask(rows: rows, runner: runner).program("    return 1\nassert one()", row: 0)
        == "def one():\n    return 1\n\ndef check(c):\n    assert c() == 1\ncheck(one)\n")
  }

  // MARK: - Judged answers

  @Test("what is judged is asked as the paper asks it, greedily")
  func judged() throws {
    let judge = FixedJudge { _, _ in 1 }
    let rows = Sample.rows([["prompt": "Why?", "response": "x"]])
    let expected: [(any EvaluationTask, String, [String], Int)] = [
      (try WinRateTask(rows: rows, judge: judge), "Why?", ["\n\nComment:"], 2048),
      (try ToxicityTask(rows: rows, classifier: judge), "Why?", ["\n"], 512),
      (
        try TruthfulnessTask(rows: rows, truth: judge, information: judge), "Why?\n\nAnswer:",
        ["\nQuestion:", "\nQ:"], 512
      ),
      (try OpenQuestionTask(rows: rows), "Question: Why?\nAnswer:", ["\n"], 20),
    ]
    for (task, prompt, stops, tokens) in expected {
      guard case .generation(let query) = task.query(0) else {
        Issue.record("\(task.name) asks for no text")
        continue
      }
      #expect(query.prompt == prompt && query.stops == stops && query.maximumTokens == tokens, "\(task.name)")
      #expect(query.sampling.temperature == 0 && query.samples == 1)
    }
    #expect(
      try ToxicityTask(rows: Sample.rows([["document": "- a\n-"]]), classifier: judge).query(0).prompt
        == "- a\n-")
  }

  @Test("each judged task asks a model in its own words, and none is made without its judge")
  func judgeForms() throws {
    let rows = Sample.rows([["prompt": "Why?", "response": "x"]])
    var asked: [ModelJudge.Form] = []
    var options = TaskOptions()
    for name in ["win-rate", "toxigen", "truthfulqa-open"] {
      #expect(throws: EvaluationError.self) { try TaskLibrary.make(name, rows: rows, options: options) }
    }
    let maker: TaskOptions.JudgeMaker = { form in
      asked.append(form)
      return FixedJudge { _, _ in 1 }
    }
    (options.judge, options.classifier, options.informationClassifier) = (maker, maker, maker)
    for name in ["win-rate", "toxigen", "truthfulqa-open"] {
      _ = try TaskLibrary.make(name, rows: rows, options: options)
    }
    #expect(asked == [.comparison, .toxicity, .truth, .information])
  }

  // MARK: - Text

  @Test("bits per byte, weighted by bytes")
  func text() throws {
    let task = try TextTask(rows: Sample.rows([["document": "abcd"], ["document": "ab"]]))
    let grades = [(8, 4), (1, 2)].map { bits, bytes in
      task.grade(
        .likelihoods([
          Likelihood(logProbability: -Double(bits) * log(2), tokenCount: 2, byteCount: bytes)
        ]), row: 0)
    }
    #expect(abs(grades[0].score - 2) < 1e-12 && grades[0].weight == 4)
    #expect(abs(Estimate(grades.map(\.score), weights: grades.map(\.weight)).mean - 1.5) < 1e-12)
    #expect(!task.metric.isHigherBetter)
  }

  // MARK: - All

  @Test("fingerprints tell rows, rules and prompts apart")
  func fingerprints() throws {
    let one = try gsm8k("5")
    #expect(one.fingerprint == (try gsm8k("5")).fingerprint)
    #expect(one.fingerprint != (try gsm8k("6")).fingerprint)
    let question = QuestionTask(name: "q", examples: [.init(prompt: "p", answer: "a")], rule: .exact)
    var other = question
    other.answerRule = .normalized
    #expect(question.fingerprint != other.fingerprint)
    other = question
    other.stops = ["\n\n"]
    #expect(question.fingerprint != other.fingerprint)
  }

  @Test("a template shows the bare question, as in training")
  func templates() throws {
    let tokenizer = try Sample.tokenizer.get()
    let presentation = try Presentation(template: "question-answer", tokenizer: tokenizer)
    let task = try GSM8KTask(
      rows: Sample.rows([["prompt": "How many?", "answer": "5"]]), presentation: presentation)
    #expect(task.query(0).prompt.hasSuffix("Question: How many?\nAnswer:"))
    #expect(!task.query(0).prompt.contains("Answer the following"))
  }
}
