import ArgumentParser
import Diagnostics
import Formats
import Recipes
import Runs
import SelfReward
import Training

/// `trimtab selfreward`: rounds in which a model learns from what it is rewarded with, beside their controls.
struct SelfRewardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selfreward",
    abstract: "Self-rewarding rounds by a recipe, beside an oracle, random pairs and other controls.")

  @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
  @Option(name: .customLong("set"), help: "An override such as rounds=1 (repeatable).")
  var overrides: [String] = []
  @Option(help: "Which arms to run, with commas: self, oracle, random, positive, shuffled.") var arms: String?
  @Option(help: "How many runs, each with a seed of its own.") var seeds: Int?
  @Flag(help: "Go on where the run was interrupted.") var resume = false
  @Flag(help: "Show each training's progress.") var verbose = false
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    var overrides = overrides
    if let arms { overrides.append("arms=[\(arms)]") }
    if let seeds { overrides.append("seeds=\(seeds)") }
    let recipe = try SelfRewardRecipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides)
    let started = ContinuousClock.now
    let signal = StopSignal()
    let run = try SelfRewardRun(recipe, isResuming: resume) { Console.note($0) }
    let result = try run.run(consumers: { verbose ? [ProgressBar()] : [] }, stop: signal)
    if json {
      Console.result(result.json.text())
    } else {
      Console.result(result.table)
      let took = started.duration(to: .now).components.seconds
      Console.result("result: \(run.resultPath)\nreport: \(run.reportPath)\n\(took) seconds in all")
    }
  }
}
