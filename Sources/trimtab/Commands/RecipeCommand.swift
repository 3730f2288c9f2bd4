import ArgumentParser
import Diagnostics
import Formats
import Foundation
import Recipes
import Runs

/// `trimtab recipe`: the recipes that ship, and checks of one's own.
struct RecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe", abstract: "List, copy, check and show recipes.",
    subcommands: [List.self, Copy.self, CheckRecipe.self, Show.self])

  /// The library, which goes with the project's folder.
  static func library() throws -> RecipeLibrary {
    guard let library = RecipeLibrary.standard else {
      throw UsageError(
        "the folder of recipes isn't found", advice: "set TRIMTAB_HOME to the project's folder")
    }
    return library
  }

  /// A recipe's path: a file, or the name of one that ships.
  static func path(_ recipe: String) -> String {
    if !FileManager.default.fileExists(atPath: recipe), let library = RecipeLibrary.standard,
      library.names.contains(recipe)
    {
      return library.path(of: recipe)
    }
    return recipe
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The recipes that ship.")
    @Flag(help: "Print one JSON value.") var json = false

    func run() throws {
      let library = try RecipeCommand.library()
      let recipes = library.names.map { (name: $0, summary: library.summary(of: $0)) }
      if json {
        let values = recipes.map {
          JSON.object([
            "name": .string($0.name), "summary": .string($0.summary),
            "path": .string(library.path(of: $0.name)),
          ])
        }
        Console.result(JSON.object(["recipes": .array(values)]).text())
      } else {
        let width = recipes.map(\.name.count).max() ?? 0
        for recipe in recipes { Console.result("\(recipe.name.padded(to: width))  \(recipe.summary)") }
      }
    }
  }

  struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Copy a recipe, to change it.")
    @Argument(help: "A recipe's name, as list shows it.") var name: String
    @Argument(help: "The file to write.") var destination: String
    @Flag(help: "Print one JSON value.") var json = false

    func run() throws {
      let source = RecipeCommand.path(name)
      _ = try AnyRecipe(contentsOf: source)
      guard !FileManager.default.fileExists(atPath: destination) else {
        throw UsageError("\(destination) is there already", advice: "choose another name")
      }
      let text = try TextInput.file(source)
      try AtomicFile.write(text, to: destination)
      Console.written(destination, json: json)
    }
  }

  struct CheckRecipe: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Whether a recipe can be read; every problem at once.")
    @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
    @Option(name: .customLong("set"), help: "An override such as training.epochs=1 (repeatable).")
    var overrides: [String] = []
    @Flag(help: "Print one JSON value.") var json = false

    func run() throws {
      do {
        let read = try AnyRecipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides)
        if case .evaluation(let recipe) = read { try EvaluationRun.check(recipe) }
        Console.result(json ? Self.value([]) : "\(recipe): fine")
      } catch let error as any DiagnosticError {
        if json { Console.result(Self.value(error.diagnostics)) }
        throw error
      }
    }

    private static func value(_ problems: [Diagnostic]) -> String {
      JSON.object(["problems": .array(problems.map { .string($0.text) })]).text()
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A recipe with every default filled in.")
    @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
    @Option(name: .customLong("set"), help: "An override such as training.epochs=1 (repeatable).")
    var overrides: [String] = []
    @Flag(help: "Print one JSON value, which holds the YAML.") var json = false

    func run() throws {
      let yaml = try AnyRecipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides).yaml
      if json {
        Console.result(JSON.object(["yaml": .string(yaml)]).text())
      } else {
        Console.result(yaml, terminator: "")
      }
    }
  }
}
