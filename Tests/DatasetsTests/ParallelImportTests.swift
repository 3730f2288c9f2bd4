import Formats
import Foundation
import Tensors
import Testing
import Tokenizers

@testable import Datasets

@Suite("Imports on several threads")
struct ParallelImportTests {
  private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("checkpoints/demo/large")
    .path

  /// More rows than are made at one time, so that there are several rounds.
  private func questions(_ count: Int) -> String {
    (0..<count).map {
      "{\"prompt\": \"How much is \($0) and \($0 % 7)?\", \"response\": \"\($0 + $0 % 7)\"}\n"
    }.joined()
  }

  private func renderer() throws -> ExampleRenderer {
    ExampleRenderer(
      tokenizer: try Tokenizer.load(path: Self.model),
      template: try PromptTemplate.named("plain", chatTemplate: nil, kind: .code))
  }

  @Test("the same rows and tokens on one, two and three threads")
  func sameForAnyNumber() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("rows.jsonl", questions(2500))
    let imported = try [1, 2, 3].map { threads in
      let path = "\(folder.path)/\(threads).h5"
      let pool = ThreadPool(threads: threads)
      let report = try DatasetImport.run(
        inputs: [input], output: path, options: .init(format: "prompt-response"), renderer: try renderer(),
        pool: pool)
      #expect(report.tokenization?.examples == 2500)
      let dataset = try Dataset(path: path)
      let again = try dataset.tokens(split: "train", renderer: try renderer(), pool: pool).examples
      return (try dataset.rows(split: "train"), try dataset.tokens(split: "train"), again)
    }
    #expect(imported[0].0.map { $0["prompt"] }[2049] == "How much is 2049 and 5?")
    #expect(imported[0].1.count == 2500)
    for other in imported {
      #expect(other.0 == imported[0].0)
      #expect(other.1 == imported[0].1)
      #expect(other.2 == imported[0].1)
    }
  }

  @Test("bad records are told of in their order, and where an array breaks")
  func problems() throws {
    let folder = try TemporaryFolder()
    var lines = questions(1500).split(separator: "\n").map(String.init)
    for line in [3, 700, 1400] { lines[line] = "{\"prompt\": \"a\"}" }
    let input = try folder.file("rows.jsonl", lines.joined(separator: "\n"))
    let text = message {
      _ = try DatasetImport.run(
        inputs: [input], output: "\(folder.path)/x.h5", options: .init(format: "prompt-response"),
        pool: ThreadPool(threads: 3))
    }
    let places = ["rows.jsonl:4", "rows.jsonl:701", "rows.jsonl:1401"].map { text.range(of: $0)?.lowerBound }
    #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    lines[3] = "{\"prompt\": a}"
    let array = try folder.file("rows.json", "[\n\(lines.joined(separator: ",\n"))\n]")
    let broken = message {
      _ = try DatasetImport.run(
        inputs: [array], output: "\(folder.path)/x.h5", options: .init(format: "prompt-response"),
        pool: ThreadPool(threads: 2))
    }
    #expect(broken.contains("rows.json:5:"))
  }
}
