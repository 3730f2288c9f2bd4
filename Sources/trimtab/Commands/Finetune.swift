import ArgumentParser
import Diagnostics
import Formats
import Recipes
import Runs
import Training

/// `trimtab finetune`: train what a recipe says.
struct Finetune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train what a recipe says: a whole model, an adapter, one from nothing, or a distilled one.")

  @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
  @Option(name: .customLong("set"), help: "An override such as training.epochs=1 (repeatable).")
  var overrides: [String] = []
  @Flag(help: "Tell what the run would do and take, and end.") var dryRun = false
  @Flag(help: "Go on where the run was interrupted.") var resume = false
  @Flag(help: "Begin again in a folder that another run has used.") var overwrite = false
  @Flag(help: "Print one JSON value.") var json = false

  func validate() throws {
    if resume, overwrite { throw ValidationError("--resume and --overwrite together: keep one.") }
  }

  func run() throws {
    let recipe = try Recipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides)
    let run = try TrainingRun(recipe, mode: resume ? .resume : overwrite ? .overwrite : .begin) {
      Console.note("note: \($0)")
    }
    if dryRun {
      let plan = try run.plan()
      Console.result(json ? plan.json.text() : plan.text)
      return
    }
    let signal = StopSignal()
    let stop = try run.run(consumers: [ProgressBar()], stop: signal)
    if stop.reason == .interrupted {
      Console.note("interrupted after step \(stop.step); go on with --resume")
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    if json {
      Console.result(JSON.object(["output": .string(recipe.output), "steps": .integer(stop.step)]).text())
    } else {
      Console.result(recipe.output)
    }
  }
}
