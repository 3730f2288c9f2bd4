import ArgumentParser
import Datasets
import Formats
import Tokenizers

/// `trimtab data tokenizer`: learn a vocabulary.
struct TrainTokenizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer", abstract: "Learn a byte-level vocabulary from a data set of text.")

  @Argument(help: "A data set of kind text.") var path: String
  @Option(help: "How many tokens to learn, the 256 bytes and the end included.") var vocabulary = 512
  @Option(help: "The split to read.") var split = "train"
  @Option(help: "The special token that ends a text.") var end = "<|endoftext|>"
  @Option(help: "The folder to write.") var output: String
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    let dataset = try Dataset(path: path)
    guard dataset.kind == .text else {
      throw UsageError(
        "\(path) holds rows of kind \(dataset.kind.rawValue)", advice: "give a data set of text")
    }
    var configuration = BytePairTrainer.Configuration(vocabularySize: vocabulary, specialTokens: [end])
    configuration.endOfSequence = end
    var trainer = try BytePairTrainer(configuration)
    try dataset.forEachRow(split: split) { _, row in trainer.feed(row["document"] ?? "") }
    let tokenizer = try trainer.train()
    try Folder.create(output)
    try tokenizer.save(to: output)
    let size = tokenizer.vocabularySize
    Console.result(
      json
        ? JSON.object(["output": .string(output), "vocabulary": .integer(size)]).text()
        : "\(output): \(size) tokens")
  }
}
