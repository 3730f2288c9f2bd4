import Diagnostics
import Foundation

/// A recipe that is read from a file.
public protocol RecipeFile {
  /// Reads a recipe's text, with overrides such as `training.epochs=1` on top; `path` is what messages call it.
  ///
  /// - Throws: `RecipeError` with every problem at once, each at its place.
  init(yaml: String, path: String, overrides: [String]) throws
}

extension RecipeFile {
  /// Reads a recipe file, with overrides such as `training.epochs=1` on top.
  ///
  /// - Throws: `RecipeError` with every problem at once, each at its place.
  public init(contentsOf path: String, overrides: [String] = []) throws {
    try self.init(yaml: RecipeText.read(path), path: path, overrides: overrides)
  }
}

/// A recipe's text as it lies on disk.
enum RecipeText {
  static func read(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      let names = RecipeLibrary.standard?.names ?? []
      throw RecipeError(
        path: path, "no such recipe",
        advice: nearest(to: path, among: names).map { "did you mean \"\($0)\"?" }
          ?? "trimtab recipe list shows those that ship", exitCode: .noInput)
    }
    return String(decoding: data, as: UTF8.self)
  }
}

/// A recipe on its way from text to type.
struct RecipeReader {
  let node: RecipeNode
  /// The outermost section.
  let top: Section
  private let problems = Problems()

  /// - Parameter command: The command that is to run it, which refuses the kinds of others; nil takes every kind.
  init(yaml: String, path: String, overrides: [String], command: String?) throws {
    var node = try RecipeNode(yaml: yaml, path: path)
    for override in overrides { try node.apply(override: override) }
    if let command { try node.require(command: command) }
    self.node = node
    top = Section(node, name: "", parent: node.origin, problems: problems)
  }

  /// Throws every problem that was found until now.
  func refuseProblems() throws {
    guard problems.diagnostics.isEmpty else { throw RecipeError(problems.diagnostics) }
  }

  /// Ends the reading: keys that nobody asked for are problems too.
  func finish() throws {
    top.finish()
    try refuseProblems()
  }
}
