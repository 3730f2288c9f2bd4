extension Recipe {
  /// How a small model learns what the large one says that it is made of.
  public struct Distillation: Sendable, Hashable {
    /// What both models' logits are divided by: over 1, unlikely tokens are learnt from too.
    public var temperature = 1.0
    /// The next token's part of the loss.
    public var nextTokenShare = 0.1
    /// The file with the large model's logits; nil: it runs over each batch.
    public var cache: String?
    /// How the file keeps them.
    public var storage = Through.Storage.float16
    /// How many of the likeliest tokens it keeps of each position, with the mass of the others; nil: all tokens.
    public var top: Int?

    public init() {}
  }
}

extension Recipe.Distillation {
  private static let keys = ["cache", "next_token", "storage", "temperature", "top"]

  /// Reads the keys of a distilling objective; where none is wanted, every one of them is a problem.
  init(_ section: Section, isWanted: Bool) {
    temperature = section.number("temperature", in: 0.001...100) ?? temperature
    nextTokenShare = section.number("next_token", in: 0...1) ?? nextTokenShare
    cache = section.string("cache")
    storage = section.choice("storage", Recipe.Through.Storage.self) ?? storage
    top = section.integer("top", in: 1...1_000_000)
    if !isWanted {
      for key in Self.keys where section.hasValue(key) {
        section.problem(
          "objective.\(key) in a recipe that doesn't distil", key: key,
          advice: "leave it out, or write kind: distill")
      }
    } else if cache == nil {
      for key in ["storage", "top"] where section.hasValue(key) {
        section.problem(
          "objective.\(key) without objective.cache", key: key,
          advice: "name the file that the large model's logits go to")
      }
    }
  }

  func write(to writer: inout RecipeWriter) {
    writer.field("temperature", temperature.recipeText)
    writer.field("next_token", nextTokenShare.recipeText)
    guard let cache else { return }
    writer.text("cache", cache)
    writer.field("storage", storage.rawValue)
    if let top { writer.field("top", "\(top)") }
  }
}
