import Datasets
import Formats
import Foundation
import Tensors
import Testing
import Tokenizers

@testable import Recipes
@testable import Runs

@Suite("Examples that a recipe names")
struct ExampleLoaderTests {
  private static let model =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/checkpoints/demo/small"

  @Test("documents go on in further segments beside questions that are cut, and what is lost is said")
  func mixture() throws {
    let folder = NSTemporaryDirectory() + "trimtab-loader-\(UUID().uuidString)"
    try Folder.create(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let long = String(repeating: "Max has 13 coins and finds 6. ", count: 20)
    let documents = DatasetDescription(kind: .text, source: "test")
    try DatasetWriter.create(at: folder + "/text.h5", documents) { writer in
      try writer.append(DatasetRow(["document": long]), split: "train")
    }
    let questions = DatasetDescription(kind: .task, source: "test")
    try DatasetWriter.create(at: folder + "/task.h5", questions) { writer in
      for prompt in ["2 + 2 =", long] {
        try writer.append(DatasetRow(["prompt": prompt, "response": " 4."]), split: "train")
      }
    }
    let sources = ["text", "task"].map {
      Recipe.Data.Source(path: "\(folder)/\($0).h5", split: "train", weight: 1)
    }
    let recipe = Recipe.Data(
      sources: sources, validation: nil, template: "plain", maximumLength: 32, packing: true,
      trainOn: .responses)
    var notes: [String] = []
    let loader = ExampleLoader(
      recipe: recipe, tokenizer: try Tokenizer.load(path: Self.model), context: 256, seed: 1,
      batchTokens: 64, pool: ThreadPool(threads: 1), note: { notes.append($0) })
    let cut = try loader.load(sources, isShuffled: false).batches.cut
    #expect(cut.pieces.count { $0.source == 0 } > 2)
    #expect(cut.pieces.count { $0.source == 1 } == 1)
    #expect(cut.truncatedExamples == 1)
    #expect(
      notes == [
        "\(folder)/task.h5: 1 of 2 examples are longer than 32 tokens and lose their end",
        "\(folder)/task.h5: 1 of 2 examples are left out: nothing to learn within 32 tokens",
      ])
    let alone = try loader.load([sources[0]], isShuffled: false)
    #expect(alone.batches.cut.pieces.count == cut.pieces.count { $0.source == 0 })
  }
}
