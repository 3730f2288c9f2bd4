import Formats
import Foundation

extension Tokenizer {
  /// Loads the tokenizer of a model.
  ///
  /// - Parameter path: a model's folder, a tokenizer.json or a .gguf file.
  /// - Throws: `TokenizerError` or `FormatsError`: what is missing, damaged or of a kind that isn't supported.
  public static func load(path: String) throws -> Tokenizer {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FormatsError.noSuchFile(path: path)
    }
    return try Tokenizer(isFolder.boolValue ? folder(path) : file(path))
  }

  private static func file(_ path: String) throws -> TokenizerDefinition {
    let url = URL(fileURLWithPath: path)
    // By what it begins with: caches of downloads name files by their checksums.
    if GGUFFile.isGGUF(path) || url.pathExtension == "gguf" {
      return try TokenizerDefinition(GGUFFile(path: path))
    }
    // Beside a file of another name lie the settings of another tokenizer.
    if url.lastPathComponent == "tokenizer.json" { return try folder(url.deletingLastPathComponent().path) }
    return try TokenizerDefinition(tokenizerJSON: path)
  }

  private static func folder(_ path: String) throws -> TokenizerDefinition {
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    if names.contains("tokenizer.json") { return try TokenizerDefinition(folder: path) }
    let others = ["tokenizer.model", "vocab.txt", "vocab.json", "merges.txt"]
    throw TokenizerError.noTokenizer(folder: path, found: names.filter(others.contains))
  }
}
