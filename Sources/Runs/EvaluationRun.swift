import Datasets
import Decoding
import Evaluation
import Formats
import Foundation
import Models
import Proxy
import Recipes
import Tensors
import Tokenizers

/// A recipe of kind `evaluate` brought to life: systems on the same rows, a strength chosen, results and report written.
public struct EvaluationRun {
  /// What came out.
  public struct Result: Sendable {
    public let table: ComparisonTable
    /// How α was chosen for each task, and what was fallen back to.
    public var remarks: [String] { choices.map { "\($0.task): \($0.choice.reason)" } }
    /// What α was chosen, by the task.
    let choices: [(task: String, choice: AlphaChoice)]
    /// The table as other programs read it, with the choices.
    public var json: JSON {
      guard !choices.isEmpty, var object = table.json.objectValue else { return table.json }
      object["alpha"] = .array(choices.map { $1.json(task: $0) })
      return .object(object)
    }
    public let resultsPath: String
    public let reportPath: String
    /// The tokens of the report's examples, a JSON line each.
    public let tracePath: String
  }

  private let recipe: EvaluationRecipe
  private let models: EvaluatedModels
  private let judges: JudgeLoader
  private let note: (String) -> Void

  /// Loads the systems, when what they are to be asked has been found.
  ///
  /// - Parameter note: Is told what people should know.
  public init(_ recipe: EvaluationRecipe, note: @escaping (String) -> Void = { _ in }) throws {
    self.recipe = recipe
    self.note = note
    try Self.check(recipe)
    for entry in recipe.tasks {
      for selection in [entry.rows, entry.development].compactMap(\.self) {
        _ = try Self.rows(entry, selection)
      }
    }
    let compute = try Compute(threads: recipe.threads, precision: recipe.precision.tensorPrecision)
    models = try EvaluatedModels(recipe, compute: compute, note: note)
    judges = JudgeLoader(compute: compute)
  }

  /// Looks for what a recipe says that can't be: names that nothing has, keys that a task doesn't take.
  ///
  /// - Throws: `EvaluationError`
  public static func check(_ recipe: EvaluationRecipe) throws {
    let isMasked = recipe.plausibility.map { $0 < 1 } ?? false
    for entry in recipe.tasks {
      let task = try TaskLibrary.entry(entry.name)
      _ = try rule(entry)
      let given: [(TaskKey, Bool)] = [
        (.template, entry.template != nil), (.maximumTokens, entry.maximumTokens != nil),
        (.sampling, entry.sampling != nil), (.interpreter, entry.interpreter != nil),
        (.rule, entry.rule != nil), (.stops, entry.stops != nil),
      ]
      for (key, isGiven) in given where isGiven && !task.keys.contains(key) {
        throw EvaluationError.unusedKey(
          key.rawValue, task: entry.name, taken: task.keys.map(\.rawValue))
      }
      if let development = entry.development, development.overlaps(entry.rows) {
        throw EvaluationError.developmentLeak(task: entry.name, split: development.split)
      }
      let isText = task.kinds == [.text]
      if isMasked, isText { throw EvaluationError.maskedText(task: entry.name) }
      guard isSweeping(recipe), entry.development == nil else { continue }
      if isText { throw EvaluationError.nothingToSweep("the task \(entry.name) has no prompts") }
      if isMasked {
        throw EvaluationError.nothingToSweep(
          "plausibility makes prompts impossible that the base finds unlikely")
      }
    }
  }

  /// Asks what hasn't been asked yet, and writes results and report; nil when `shouldStop` said so.
  public func run(shouldStop: () -> Bool = { false }) throws -> Result? {
    try Folder.create(recipe.output)
    try AtomicFile.write(recipe.yaml, to: recipe.output + "/recipe.yaml")
    let log = try AnswerLog(path: recipe.output + "/answers.jsonl")
    let timings = try TimingLog(path: recipe.output + "/timings.jsonl")
    let report = EvaluationProgress(note)
    var sections: [Report.Section] = []
    var choices: [(task: String, choice: AlphaChoice)] = []
    for entry in recipe.tasks {
      let task = try makeTask(entry, rows: entry.rows)
      var systems = models.systems
      var section = Report.Section(Comparison(task: task.name, systems: []))
      if let proxied = models.proxied, Self.isSweeping(recipe) {
        guard let sweep = try sweep(entry, task, proxied, log: log, report, shouldStop) else { return nil }
        section.sweep = sweep
        if recipe.alpha == .automatic {
          guard let choice = try choice(entry, sweep, log: log, shouldStop) else { return nil }
          choices.append((task.name, choice))
          note("\(task.name): \(choice.reason)")
          systems.append(models.chosen(choice))
        }
      }
      let run = ComparisonRun(systems, log: log, timings: timings, rowsPerBatch: recipe.batchRows)
      let finished = try run.run(task, shouldStop: shouldStop) {
        report.rows($0.answered, of: $0.rowCount, "\($0.task): \($0.system)")
      }
      guard let finished else { return nil }
      section.comparison = finished
      section.examples = try models.shadedAnswers(
        task, finished, systems: systems, count: recipe.examples)
      sections.append(section)
    }
    return try write(sections, choices)
  }

  // MARK: - Strength

  private static func isSweeping(_ recipe: EvaluationRecipe) -> Bool {
    recipe.alpha == .automatic || !recipe.alphas.isEmpty
  }

  /// Tries strengths on the development rows, or, where there are none, on the prompts alone; nil: interrupted.
  private func sweep(
    _ entry: EvaluationRecipe.Task, _ task: any EvaluationTask, _ proxied: ProxiedModel, log: AnswerLog,
    _ report: EvaluationProgress, _ shouldStop: () -> Bool
  ) throws -> AlphaSweep? {
    let alphas = recipe.alphas.isEmpty ? AlphaSweep.usualAlphas : recipe.alphas.map { Float($0) }
    guard let selection = entry.development else {
      note("\(task.name): no development rows, so strengths are tried on prompts alone")
      let prompts = (0..<min(task.rowCount, Self.unlabelledRows)).map { task.query($0).prompt }
      return try AlphaSweep(
        prompts: prompts.map { models.tokenizer.encode($0) }, proxied: proxied, tokenizer: models.tokenizer,
        alphas: alphas)
    }
    let development = try makeTask(entry, rows: selection)
    note("\(task.name): trying strengths on \(development.rowCount) development rows")
    return try AlphaSweep(
      task: development, proxied: proxied, tokenizer: models.tokenizer, stopTokens: models.stopTokens,
      alphas: alphas, drafter: models.drafter, fingerprint: models.partsFingerprint, log: log,
      shouldStop: shouldStop
    ) { report.rows($0, of: development.rowCount, "\(task.name): all strengths") }
  }

  /// How many prompts are enough where there are no labels.
  private static let unlabelledRows = 64

  /// What a sweep says, beside each expert alone on the same rows; nil: interrupted.
  private func choice(
    _ entry: EvaluationRecipe.Task, _ sweep: AlphaSweep, log: AnswerLog, _ shouldStop: () -> Bool
  ) throws -> AlphaChoice? {
    guard let selection = entry.development else { return AlphaChoice(sweep) }
    let alone = ComparisonRun(
      models.systems.filter { SystemName.isExpert($0.name) }, log: log, rowsPerBatch: recipe.batchRows)
    let comparison = try alone.run(try makeTask(entry, rows: selection), shouldStop: shouldStop)
    return comparison.map { comparison in
      AlphaChoice(sweep, experts: comparison.systems.map { ($0.name, $0.estimate) })
    }
  }

  private func write(
    _ sections: [Report.Section], _ choices: [(task: String, choice: AlphaChoice)]
  ) throws -> Result {
    let result = Result(
      table: ComparisonTable(sections.map(\.comparison)), choices: choices,
      resultsPath: recipe.output + "/results.json", reportPath: recipe.output + "/report.html",
      tracePath: recipe.output + "/trace.jsonl")
    try AtomicFile.write(result.json.text() + "\n", to: result.resultsPath)
    let names = sections.map(\.comparison.task).joined(separator: ", ")
    let report = Report(title: "Evaluation: \(names)", sections: sections, remarks: result.remarks)
    try AtomicFile.write(report.html, to: result.reportPath)
    let tokens = sections.flatMap(\.examples).flatMap(\.tokens)
    let lines = tokens.map { $0.json(models.tokenizer).text() + "\n" }
    try AtomicFile.write(lines.joined(), to: result.tracePath)
    return result
  }

  // MARK: - Tasks

  private func makeTask(
    _ entry: EvaluationRecipe.Task, rows selection: EvaluationRecipe.Rows
  ) throws -> any EvaluationTask {
    var options = TaskOptions()
    options.presentation = try Presentation(template: entry.template, tokenizer: models.tokenizer)
    if let rule = try Self.rule(entry) { options.answerRule = rule }
    if let stops = entry.stops { options.stops = stops }
    options.maximumTokens = entry.maximumTokens
    options.sampling = entry.sampling.map {
      CodeSampling(
        samples: $0.samples, tries: $0.tries, temperature: Float($0.temperature), topP: Float($0.topP))
    }
    options.interpreter = entry.interpreter
    options.seed = recipe.seed
    options.isolation = recipe.sandbox == .none ? .none : .namespaces
    options.judge = judges.maker(recipe.judge)
    options.classifier = judges.maker(recipe.classifier)
    options.informationClassifier = judges.maker(recipe.informationClassifier)
    return try TaskLibrary.make(entry.name, rows: try Self.rows(entry, selection), options: options)
  }

  /// The rule that a task's answers are compared by; nil where the task has its own.
  private static func rule(_ entry: EvaluationRecipe.Task) throws -> AnswerRule? {
    try entry.rule.map { name in
      guard let rule = AnswerRule(rawValue: name) else {
        throw EvaluationError.unknownRule(name, names: AnswerRule.allCases.map(\.rawValue))
      }
      return rule
    }
  }

  /// The rows that a task asks about, under the columns that it reads.
  private static func rows(
    _ entry: EvaluationRecipe.Task, _ selection: EvaluationRecipe.Rows
  ) throws -> TaskRows {
    let rows = try TaskRows(
      dataset: entry.data, split: selection.split, kinds: try TaskLibrary.entry(entry.name).kinds,
      skip: selection.skip, limit: selection.limit)
    let forms = Dictionary(
      entry.columns.map { ($0.name, TextForm($0.form)) }, uniquingKeysWith: { _, last in last })
    return try rows.mapped(forms)
  }
}
