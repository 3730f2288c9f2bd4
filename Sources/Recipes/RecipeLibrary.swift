import Foundation

/// The recipes that ship, in the folder `recipes` of the project.
public struct RecipeLibrary: Sendable {
  public let folder: String

  public init(folder: String) { self.folder = folder }

  /// The project's folder: `TRIMTAB_HOME`, or whichever folder above here or above the executable has `recipes`.
  public static var home: String? {
    let environment = ProcessInfo.processInfo.environment["TRIMTAB_HOME"]
    let starts: [String?] = [
      environment, FileManager.default.currentDirectoryPath,
      Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent().path,
    ]
    for start in starts.compactMap({ $0 }) {
      var place = URL(fileURLWithPath: start).standardizedFileURL
      while true {
        if FileManager.default.fileExists(atPath: place.path + "/recipes/demo") { return place.path }
        guard place.path != "/" else { break }
        place.deleteLastPathComponent()
      }
    }
    return nil
  }

  /// The library of the project that this executable belongs to; nil when none is found.
  public static var standard: RecipeLibrary? { home.map { RecipeLibrary(folder: $0 + "/recipes") } }

  /// Their names: paths below the folder, without `.yaml`.
  public var names: [String] {
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// A recipe's file.
  public func path(of name: String) -> String { "\(folder)/\(name).yaml" }

  /// A recipe's first comment line: what it is for.
  public func summary(of name: String) -> String {
    let text = FileManager.default.contents(atPath: path(of: name)).map {
      String(decoding: $0, as: UTF8.self)
    }
    let line = text?.split(separator: "\n").first { $0.hasPrefix("#") } ?? ""
    return line.drop { $0 == "#" || $0 == " " }.description
  }
}
