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
    abstract: "Self-rewarding rounds by a recipe.",
    discussion: """
      A recipe's task is arithmetic, whose rounds stand beside an oracle, random pairs and other controls, \
      or instruction: the paper's procedure, from instructions and judge data to rounds on prompts of its own.
      """)

  @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
  @Option(name: .customLong("set"), help: "An override such as rounds=1 (repeatable).")
  var overrides: [String] = []
  @Option(help: "Which arms to run, with commas: self, oracle, random, positive, shuffled (arithmetic).")
  var arms: String?
  @Option(help: "How many runs, each with a seed of its own (arithmetic).") var seeds: Int?
  @Flag(help: "Go on where the run was interrupted.") var resume = false
  @Flag(help: "Show each training's progress.") var verbose = false
  @Flag(help: "Print one JSON value.") var json = false

  func validate() throws {
    if let seeds, !(1...1000).contains(seeds) {
      throw ValidationError("--seeds is \(seeds), expected 1 to 1000.")
    }
  }

  func run() throws {
    let chosen = try chosenArms()
    let path = RecipeCommand.path(recipe)
    let started = ContinuousClock.now
    let signal = StopSignal {
      Console.note("stopping when what is being worked on is saved; again to end at once")
    }
    let consumers: () -> [any TrainingConsumer] = { verbose ? [ProgressBar()] : [] }
    switch try AnyRecipe(contentsOf: path, overrides: overrides, command: SelfRewardRecipe.kind) {
    case .selfReward(var recipe):
      recipe.arms = chosen ?? recipe.arms
      recipe.seeds = seeds ?? recipe.seeds
      let run = try SelfRewardRun(recipe, isResuming: resume) { Console.note($0) }
      let result = try run.run(consumers: consumers, stop: signal)
      show(result.json, result.table, [run.resultPath, run.reportPath], since: started)
    case .instruction(let recipe):
      guard arms == nil, seeds == nil else {
        throw UsageError(
          "--arms and --seeds are for arithmetic, and \(path) is about instructions",
          advice: "leave them out")
      }
      let run = try InstructionRun(recipe, isResuming: resume) { Console.note($0) }
      let result = try run.run(consumers: consumers, stop: signal)
      show(result.json, result.table, [run.resultPath, run.reportPath], since: started)
    case .training, .evaluation:
      preconditionFailure("recipes of other commands are refused when they are read")
    }
  }

  /// The arms that `--arms` names; nil: the recipe's.
  private func chosenArms() throws -> [SelfRewardRecipe.Arm]? {
    let words = SelfRewardRecipe.Arm.allCases.map(\.rawValue)
    guard let arms else { return nil }
    var chosen: [SelfRewardRecipe.Arm] = []
    for word in arms.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      guard let arm = SelfRewardRecipe.Arm(rawValue: word) else {
        throw UsageError(
          "--arms has \"\(word)\", expected \(words.joined(separator: ","))",
          advice: nearest(to: word, among: words).map { "did you mean \"\($0)\"?" })
      }
      guard !chosen.contains(arm) else {
        throw UsageError("--arms has \"\(word)\" twice", advice: "keep one")
      }
      chosen.append(arm)
    }
    return chosen
  }

  private func show(
    _ value: JSON, _ table: String, _ files: [String], since started: ContinuousClock.Instant
  ) {
    if json {
      Console.result(value.text())
    } else {
      Console.result(table)
      let took = started.duration(to: .now).components.seconds
      Console.result("result: \(files[0])\nreport: \(files[1])\n\(took) seconds in all")
    }
  }
}
