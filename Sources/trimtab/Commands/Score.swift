import ArgumentParser
import Decoding
import Formats
import Foundation
import Proxy
import Tensors
import Tokenizers

/// `trimtab score`: how likely a model finds a text.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Log-probabilities and perplexity of a text under a model.")

  @OptionGroup var modelOptions: ModelOptions
  @Option(parsing: .unconditional, help: "The text to score.") var text: String?
  @Option(help: "A file whose text is to be scored.") var file: String?
  @Option(help: "Token ids to score, such as 1,2,3.") var tokens: String?
  @Option(help: "Write all logits to an HDF5 file: /logits, float32 [tokens, vocabulary].") var logits:
    String?
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    try TextInput.exactlyOne([
      ("--text", text != nil), ("--file", file != nil), ("--tokens", tokens != nil),
    ])
    let given = try tokens.map(TextInput.tokens)
    let written = try text ?? file.map(TextInput.file)
    let assembled = try modelOptions.assemble()
    let tokenizer = assembled.tokenizer
    let ids = try given ?? assembled.base.requireTokenizer().encode(written ?? "")
    let model = assembled.languageModel
    let score = try logits.map { try scoreWriting(ids, model, to: $0) } ?? model.score(ids)
    if json {
      let value: JSON = .object([
        "tokens": .array(ids.map { .integer(Int($0)) }),
        "logprobs": .array(score.logProbabilities.map { $0.map { .number($0) } ?? .null }),
        "perplexity": score.perplexity.map { .number($0) } ?? .null,
      ])
      Console.result(value.text())
    } else {
      for (id, logProbability) in zip(score.tokens, score.logProbabilities) {
        let value = logProbability.map { String(format: "%10.4f", $0) } ?? "         –"
        Console.result(
          "\(value)  \((tokenizer?.decode([id], skipSpecialTokens: false) ?? "\(id)").debugDescription)")
      }
      if let perplexity = score.perplexity { Console.result(String(format: "perplexity %.4f", perplexity)) }
    }
  }

  /// Scores and writes the logits as they come, stretch by stretch.
  private func scoreWriting(_ ids: [TokenID], _ model: any LanguageModel, to path: String) throws -> Score {
    var score = Score(tokens: [], logProbabilities: [])
    try HDF5File.create(at: path) { file in
      let dataset = try file.root.createDataset(
        "logits", of: Float.self, rowShape: [model.vocabularySize], deflateLevel: nil)
      score = try model.score(ids) { logits, _ in try dataset.append(logits.array) }
    }
    return score
  }
}
