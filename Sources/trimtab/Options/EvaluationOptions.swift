import ArgumentParser
import Evaluation
import Formats
import Foundation
import Recipes
import Tensors

extension AnswerRule: ExpressibleByArgument {}
extension Sandbox.Isolation: ExpressibleByArgument {}

/// An evaluation by options: each says what a key of the recipe does.
struct EvaluationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The base: a checkpoint folder or a .gguf file.", valueName: "path"))
  var model: String?
  @Option(
    help: ArgumentHelp(
      "A tuned small model that steers it, with its weight (repeatable).", valueName: "path[=weight]"))
  var expert: [String] = []
  @Option(
    help: ArgumentHelp(
      "The small model before tuning (default: what the expert remembers).", valueName: "path"))
  var antiexpert: String?
  @Option(help: ArgumentHelp("The expert that was trained through the ensemble.", valueName: "path"))
  var through: String?
  @Option(help: ArgumentHelp("The base tuned directly, the upper reference.", valueName: "path")) var tuned:
    String?
  @Option(
    parsing: .unconditional, help: "The offset's strength, or auto: chosen on the development split.")
  var alpha: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Strengths to try on the development split.", valueName: "0.5,1,1.5"))
  var alphas: String?
  @Option(help: "Choose only tokens of the base's own nucleus, of that probability.") var plausibility:
    Double?
  @Option(help: "The most that steering may move a token's distribution, in nats.") var divergence: Double?
  @Option(help: ArgumentHelp("What to ask (repeatable).", valueName: "name=data.h5 | data.h5"))
  var task: [String] = []
  @Option(help: "Which split's rows to ask about (default: test).") var split: String?
  @Option(help: "Leave out that many rows at the beginning.") var skip: Int?
  @Option(help: "Ask about that many rows at most.") var limit: Int?
  @Option(help: "The split whose rows choose alpha.") var development: String?
  @Option(help: "How answers of plain questions are compared (default: exact).") var rule: AnswerRule?
  @Option(help: "The template that questions are shown through (default: the paper's prompt).") var template:
    String?
  @Option(help: "The most tokens of an answer.") var maxTokens: Int?
  @Option(help: "Text that ends an answer to a plain question (repeatable; default: a line's end).")
  var stop: [String] = []
  @Option(
    help: ArgumentHelp(
      "Who says which of two answers is better: a model, an http address, or command:LINE.",
      valueName: "judge"))
  var judge: String?
  @Option(
    help: ArgumentHelp(
      "Who says whether an answer is toxic (toxigen) or true (truthfulqa-open), named as a judge is.",
      valueName: "judge"))
  var classifier: String?
  @Option(
    help: ArgumentHelp(
      "Who says whether an answer is informative (truthfulqa-open), named as a judge is.", valueName: "judge")
  )
  var informationClassifier: String?
  @Option(help: "none runs generated programs without isolation (default: namespaces, or not at all).")
  var unsafeSandbox: Sandbox.Isolation?
  @Option(help: "The folder of answers, results and report (default: checkpoints/evaluation).") var output:
    String?
  @Option(help: "The seed of random draws.") var seed: Int?
  @OptionGroup var computeOptions: ComputeOptions

  /// The names of the options that were given.
  var given: [String] {
    let values: [(String, Any?)] = [
      ("--model", model), ("--expert", expert.first), ("--antiexpert", antiexpert), ("--through", through),
      ("--tuned", tuned), ("--alpha", alpha), ("--alphas", alphas), ("--plausibility", plausibility),
      ("--divergence", divergence), ("--judge", judge), ("--classifier", classifier),
      ("--information-classifier", informationClassifier),
      ("--task", task.first), ("--split", split), ("--skip", skip), ("--limit", limit),
      ("--development", development), ("--rule", rule), ("--template", template), ("--max-tokens", maxTokens),
      ("--stop", stop.first), ("--unsafe-sandbox", unsafeSandbox), ("--output", output), ("--seed", seed),
    ]
    return values.filter { $0.1 != nil }.map(\.0)
  }

  var isEmpty: Bool { given.isEmpty }

  /// The recipe that says the same: JSON is YAML too.
  func recipe() throws -> JSON {
    guard let model else { throw UsageError("nothing to evaluate", advice: "name a recipe, or a --model") }
    guard !task.isEmpty else {
      throw UsageError("nothing to ask", advice: "name a --task; evaluate --tasks lists them")
    }
    var systems: JSONObject = ["base": .string(model)]
    for (key, path) in [
      ("antiexpert", antiexpert), ("through", through), ("tuned", tuned),
    ] {
      systems[key] = path.map { .string($0) }
    }
    if !expert.isEmpty { systems["expert"] = .array(expert.map { .string($0) }) }
    var recipe: JSONObject = [
      "kind": "evaluate", "output": .string(output ?? "checkpoints/evaluation"), "systems": .object(systems),
      "tasks": .array(try task.map { .object(try section($0)) }),
    ]
    if let alpha, alpha != "auto", EvaluationRecipe.strength(alpha) == nil {
      throw UsageError("--alpha is \"\(alpha)\", expected a number or auto")
    }
    recipe["alpha"] = alpha.map { .string($0) }
    recipe["alphas"] = try alphas.map { list in
      .array(
        try list.split(separator: ",").map { text in
          guard EvaluationRecipe.strength("\(text)") != nil else {
            throw UsageError("--alphas holds \"\(text)\", expected numbers such as 0.5,1,1.5")
          }
          return .string("\(text)")
        })
    }
    for (key, name) in [
      ("judge", judge), ("classifier", classifier), ("information_classifier", informationClassifier),
    ] {
      recipe[key] = name.map { Self.judge($0) }
    }
    recipe["plausibility"] = plausibility.map { .number($0) }
    recipe["divergence"] = divergence.map { .number($0) }
    recipe["sandbox"] = unsafeSandbox.map { .string($0.rawValue) }
    recipe["seed"] = seed.map { .integer($0) }
    recipe["threads"] = computeOptions.threads.map { .integer($0) }
    recipe["precision"] = computeOptions.precision.map { .string($0.rawValue) }
    return .object(recipe)
  }

  /// A judge as the recipe has it: an address, a command behind `command:`, else a model's path.
  private static func judge(_ name: String) -> JSON {
    let command = "command:"
    if name.hasPrefix(command) { return .object(["command": .string(String(name.dropFirst(command.count)))]) }
    let isAddress = name.hasPrefix("http://") || name.hasPrefix("https://")
    return .object([isAddress ? "http" : "model": .string(name)])
  }

  /// A task's name and its data set: `NAME=DATA`, or a data set of plain questions; a path may hold an equals sign itself.
  private func parsed(_ argument: String) -> (name: String, data: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    let isPath = parts.count < 2 || FileManager.default.fileExists(atPath: argument)
    let isNamed = parts.count == 2 && (TaskLibrary.names.contains(parts[0]) || !isPath)
    return isNamed ? (parts[0], parts[1]) : ("question", argument)
  }

  private func section(_ argument: String) throws -> JSONObject {
    guard !TaskLibrary.names.contains(argument) else {
      throw UsageError("--task \(argument) names no data set", advice: "write --task \(argument)=DATA.h5")
    }
    let (name, data) = parsed(argument)
    var section: JSONObject = ["task": .string(name), "data": .string(data)]
    section["split"] = split.map { .string($0) }
    section["skip"] = skip.map { .integer($0) }
    section["limit"] = limit.map { .integer($0) }
    section["development"] = development.map { .object(["split": .string($0)]) }
    for (key, value) in presentation where takes(key, name) { section[key.rawValue] = value }
    return section
  }

  /// What the options say of how tasks ask.
  private var presentation: [(key: TaskKey, value: JSON)] {
    let given: [(TaskKey, JSON?)] = [
      (.rule, rule.map { .string($0.rawValue) }), (.template, template.map { .string($0) }),
      (.maximumTokens, maxTokens.map { .integer($0) }),
      (.stops, stop.isEmpty ? nil : .array(stop.map { .string($0) })),
    ]
    return given.compactMap { key, value in value.map { (key, $0) } }
  }

  /// Whether an option is for a task: of several tasks, each gets those that it takes.
  ///
  /// What none of them takes is left in, to be refused.
  private func takes(_ key: TaskKey, _ name: String) -> Bool {
    func takes(_ name: String) -> Bool { (try? TaskLibrary.entry(name))?.keys.contains(key) ?? true }
    return takes(name) || !task.contains { takes(parsed($0).name) }
  }
}
