import Formats
import Foundation
import Tokenizers

/// Reading what was asked for on the command line.
enum TextInput {
  /// The text of a file.
  static func file(_ path: String) throws -> String {
    try MappedFile(path: path).withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The lines of a file, without those that say nothing; `\n` in one is a line break.
  static func lines(_ path: String) throws -> [String] {
    try file(path).split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
      .map { $0.replacingOccurrences(of: "\\n", with: "\n") }
  }

  /// Token ids written as `1,2,3`.
  static func tokens(_ text: String) throws -> [TokenID] {
    try text.split(separator: ",").map { part in
      guard let id = TokenID(part.trimmingCharacters(in: .whitespaces)) else {
        throw UsageError("--tokens holds \"\(part)\", expected ids such as 1,2,3")
      }
      return id
    }
  }

  /// Makes sure that exactly one of several options was given.
  static func exactlyOne(_ options: [(name: String, isGiven: Bool)]) throws {
    let given = options.filter(\.isGiven)
    guard given.count == 1 else {
      let names = options.map(\.name).joined(separator: ", ")
      throw UsageError(
        given.isEmpty ? "nothing to read" : "\(given.map(\.name).joined(separator: " and ")) together",
        advice: "give one of \(names)")
    }
  }
}
