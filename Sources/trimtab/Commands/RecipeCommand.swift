import ArgumentParser
import Foundation
import Recipes

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

    func run() throws {
      let library = try RecipeCommand.library()
      let width = library.names.map(\.count).max() ?? 0
      for name in library.names {
        Console.result("\(name.padded(to: width))  \(library.summary(of: name))")
      }
    }
  }

  struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Copy a recipe, to change it.")
    @Argument(help: "A recipe's name, as list shows it.") var name: String
    @Argument(help: "The file to write.") var destination: String

    func run() throws {
      let source = RecipeCommand.path(name)
      _ = try AnyRecipe(contentsOf: source)
      guard !FileManager.default.fileExists(atPath: destination) else {
        throw UsageError("\(destination) is there already", advice: "choose another name")
      }
      let text = try TextInput.file(source)
      try TextOutput.write(text, to: destination)
      Console.result(destination)
    }
  }

  struct CheckRecipe: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Whether a recipe can be read; every problem at once.")
    @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
    @Option(name: .customLong("set"), help: "An override such as training.epochs=1 (repeatable).")
    var overrides: [String] = []

    func run() throws {
      _ = try AnyRecipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides)
      Console.result("\(recipe): fine")
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A recipe with every default filled in.")
    @Argument(help: "A recipe file, or the name of one that ships.") var recipe: String
    @Option(name: .customLong("set"), help: "An override such as training.epochs=1 (repeatable).")
    var overrides: [String] = []

    func run() throws {
      Console.result(
        try AnyRecipe(contentsOf: RecipeCommand.path(recipe), overrides: overrides).yaml, terminator: "")
    }
  }
}
