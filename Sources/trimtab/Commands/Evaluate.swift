import ArgumentParser
import Diagnostics
import Evaluation
import Formats
import Foundation
import Recipes
import Runs
import Training

/// `trimtab evaluate`: base, expert, proxied and directly tuned side by side.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score a model, its expert and the two together on the same rows.",
    discussion: """
      Either by a recipe of kind evaluate, or by options: --model BASE --expert EXPERT --task gsm8k=DATA.h5. A task is \
      a name and a data set, or a data set of questions alone. An interrupted evaluation goes on where it was when it \
      is given the same folder.
      """)

  @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String?
  @Option(name: .customLong("set"), help: "An override such as batch_rows=8 (repeatable).")
  var overrides: [String] = []
  @OptionGroup var options: EvaluationOptions
  @Flag(help: "List the tasks, and end.") var tasks = false
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    if tasks {
      if json {
        let entries = TaskLibrary.entries.map { entry -> JSON in
          .object(["name": .string(entry.name), "summary": .string(entry.summary)])
        }
        return Console.result(JSON.array(entries).text())
      }
      let width = TaskLibrary.names.map(\.count).max() ?? 0
      for entry in TaskLibrary.entries {
        Console.result("\(entry.name.padded(to: width))  \(entry.summary)")
      }
      return
    }
    let signal = StopSignal()
    let run = try EvaluationRun(try evaluationRecipe()) { Console.note($0) }
    guard let result = try run.run(shouldStop: { signal.isRequested }) else {
      Console.note("interrupted; the same command goes on")
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    if json {
      Console.result(result.json.text())
    } else {
      Console.result(([result.table.text] + result.remarks).joined(separator: "\n"))
      Console.note("report: \(result.reportPath)")
    }
  }

  private func evaluationRecipe() throws -> EvaluationRecipe {
    guard let recipe else {
      return try EvaluationRecipe(
        yaml: try options.recipe().text() + "\n", path: "the options", overrides: overrides)
    }
    guard options.isEmpty else {
      throw UsageError(
        "a recipe and \(options.given.joined(separator: ", ")) together",
        advice: "change the recipe, or override a value with --set")
    }
    return try EvaluationRecipe(
      contentsOf: RecipeCommand.path(recipe), overrides: overrides + options.computeOptions.overrides)
  }
}
