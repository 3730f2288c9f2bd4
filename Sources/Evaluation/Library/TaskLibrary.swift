import Datasets
import Diagnostics

/// The tasks by name.
///
/// A new one is a type in a file of its own, and one entry here.
public enum TaskLibrary {
  /// A task's name, in a line what it is, and how it is made.
  public struct Entry: Sendable {
    public let name: String
    public let summary: String
    /// The kinds of rows that it asks about.
    public let kinds: Set<DatasetKind>
    /// What may be said of how it asks.
    public let keys: Set<TaskKey>
    let make: @Sendable (TaskRows, TaskOptions) throws -> any EvaluationTask
  }

  /// All of them.
  public static let entries: [Entry] = questions + choices + programs + judged

  public static var names: [String] { entries.map(\.name) }

  /// The entry of a name.
  ///
  /// - Throws: `EvaluationError.unknownTask`
  public static func entry(_ name: String) throws -> Entry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw EvaluationError.unknownTask(name, names: names)
    }
    return entry
  }

  /// Makes a task of rows.
  ///
  /// - Throws: `EvaluationError` where rows or options lack something; `SandboxError` where code can't be run.
  public static func make(_ name: String, rows: TaskRows, options: TaskOptions) throws -> any EvaluationTask {
    try entry(name).make(rows, options)
  }

  /// What every task takes that shows questions and has answers written.
  private static let written: Set<TaskKey> = [.template, .maximumTokens]
  /// What every task takes that has programs written.
  private static let drawn: Set<TaskKey> = [.maximumTokens, .sampling, .interpreter]

  private static let questions = [
    Entry(
      name: "question", summary: "any questions, compared by a rule", kinds: [.task],
      keys: written.union([.rule, .stops])
    ) { rows, options in
      try QuestionTask(
        rows: rows, rule: options.answerRule, presentation: options.presentation, stops: options.stops,
        maximumTokens: options.maximumTokens ?? 64)
    },
    Entry(name: "gsm8k", summary: "the last number", kinds: [.task], keys: written) { rows, options in
      try GSM8KTask(
        rows: rows, presentation: options.presentation, maximumTokens: options.maximumTokens ?? 512)
    },
    Entry(
      name: "triviaqa", summary: "short answers, normalised exact match and F1", kinds: [.task], keys: written
    ) {
      rows, options in
      try OpenQuestionTask(
        rows: rows, presentation: options.presentation, maximumTokens: options.maximumTokens ?? 20)
    },
    Entry(name: "text", summary: "bits per byte and perplexity of documents", kinds: [.text], keys: []) {
      rows, _ in
      try TextTask(rows: rows)
    },
  ]

  private static let choices = [
    Entry(
      name: "letters", summary: "multiple choice by the likeliest letter", kinds: [.task], keys: [.template]
    ) {
      rows, options in
      try LetterChoiceTask(
        name: rows.name, questions: rows.choiceQuestions(), reading: .probability,
        presentation: options.presentation, path: rows.path)
    },
    Entry(
      name: "letters-written", summary: "multiple choice by the letter that is written", kinds: [.task],
      keys: [.template]
    ) {
      rows, options in
      try LetterChoiceTask(
        name: rows.name, questions: rows.choiceQuestions(), reading: .generation,
        presentation: options.presentation, path: rows.path)
    },
    Entry(
      name: "likelihood", summary: "multiple choice by the likeliest text, per byte", kinds: [.task],
      keys: [.template]
    ) {
      rows, options in
      try LikelihoodChoiceTask(
        name: rows.name, questions: rows.choiceQuestions(), normalization: .bytes,
        presentation: options.presentation, path: rows.path)
    },
    Entry(
      name: "realtimeqa", summary: "news by the letter, the paper's temporal protocol", kinds: [.task],
      keys: [.template]
    ) {
      try RealTimeQATask.temporal(rows: $0, presentation: $1.presentation)
    },
    Entry(
      name: "realtimeqa-likelihood", summary: "news by the answer's text", kinds: [.task], keys: [.template]
    ) {
      try RealTimeQATask.likelihood(rows: $0, presentation: $1.presentation)
    },
    Entry(
      name: "truthfulqa-letters", summary: "the best answer among false ones, written", kinds: [.task],
      keys: [.template]
    ) {
      try TruthfulQATask.letters(rows: $0, presentation: $1.presentation)
    },
    Entry(name: "truthfulqa-mc1", summary: "the best answer by likelihood", kinds: [.task], keys: [.template])
    {
      try TruthfulQATask.likeliest(rows: $0, presentation: $1.presentation)
    },
    Entry(name: "truthfulqa-mc2", summary: "the true answers' probability", kinds: [.task], keys: [.template])
    {
      try TruthfulQATask.mass(rows: $0, presentation: $1.presentation)
    },
  ]

  private static let programs = [
    Entry(name: "humaneval", summary: "Python functions, pass@10 of 20", kinds: [.code], keys: drawn) {
      rows, options in
      try HumanEvalTask(
        rows: rows, runner: runner(.python, options), sampling: sampling(.paper, options))
    },
    Entry(
      name: "mbpp", summary: "Python functions from a description, pass@1", kinds: [.code],
      keys: drawn.union([.template])
    ) {
      rows, options in
      try MBPPTask(
        rows: rows, runner: runner(.python, options), sampling: sampling(.greedy, options),
        presentation: options.presentation)
    },
    Entry(name: "ds1000", summary: "lines for Python's data libraries", kinds: [.code, .task], keys: drawn) {
      rows, options in
      try DS1000Task(
        rows: rows, runner: runner(.python, options), sampling: sampling(.paper, options))
    },
    Entry(name: "swift-code", summary: "Swift functions, pass@1", kinds: [.code], keys: drawn) {
      rows, options in
      try SwiftCodeTask(
        rows: rows, runner: runner(.swift, options), sampling: sampling(.greedy, options))
    },
  ]

  private static let judged = [
    Entry(
      name: "win-rate", summary: "preferred to the reference answer by a judge",
      kinds: [.instruction, .task, .preference], keys: written
    ) { rows, options in
      try WinRateTask(
        rows: rows, judge: needed(options.judge, "win-rate", "a judge", "--judge")(.comparison),
        presentation: options.presentation, maximumTokens: options.maximumTokens ?? 2048)
    },
    Entry(
      name: "toxigen", summary: "toxic continuations, by a classifier", kinds: [.task, .text], keys: written
    ) {
      rows, options in
      try ToxicityTask(
        rows: rows,
        classifier: needed(options.classifier, "toxigen", "a classifier", "--classifier")(.toxicity),
        presentation: options.presentation, maximumTokens: options.maximumTokens ?? 512)
    },
    Entry(
      name: "truthfulqa-open", summary: "true and informative, by two judges", kinds: [.task], keys: written
    ) {
      rows, options in
      try TruthfulnessTask(
        rows: rows,
        truth: needed(options.classifier, "truthfulqa-open", "a judge of truth", "--classifier")(.truth),
        information: needed(
          options.informationClassifier, "truthfulqa-open", "a judge of information",
          "--information-classifier")(.information),
        presentation: options.presentation, maximumTokens: options.maximumTokens ?? 512)
    },
  ]

  private static func runner(_ language: CodeRunner.Language, _ options: TaskOptions) throws -> CodeRunner {
    try CodeRunner(language, isolation: options.isolation, tool: options.interpreter)
  }

  private static func sampling(_ usual: CodeSampling, _ options: TaskOptions) -> CodeSampling {
    var sampling = options.sampling ?? usual
    sampling.seed = options.seed
    if let tokens = options.maximumTokens { sampling.maximumTokens = tokens }
    return sampling
  }

  private static func needed<Value>(
    _ value: Value?, _ task: String, _ what: String, _ option: String
  ) throws -> Value {
    guard let value else { throw EvaluationError.taskNeeds(task: task, what: what, option: option) }
    return value
  }
}
