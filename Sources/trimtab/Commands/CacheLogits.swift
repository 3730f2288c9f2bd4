import ArgumentParser
import Recipes
import Runs
import Training

/// `trimtab cache-logits`: what training through an ensemble needs of the large model, computed where that fits.
struct CacheLogits: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache-logits",
    abstract: "Compute the large model's logits for a recipe that trains through an ensemble, or distils.",
    discussion: """
      Trained through {base: PATH, cache: FILE}, a recipe reads them from FILE; the base itself needn't be there then.
      With top: N the file keeps the N likeliest tokens of each position and the mass of the others.
      """)

  @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
  @Option(name: .customLong("set"), help: "An override such as objective.through.base=PATH (repeatable).")
  var overrides: [String] = []
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    let recipe = try Recipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides)
    let run = try TrainingRun(recipe) { Console.note("note: \($0)") }
    let path = try run.cacheLogits(stop: StopSignal())
    Console.written(path, json: json)
  }
}
