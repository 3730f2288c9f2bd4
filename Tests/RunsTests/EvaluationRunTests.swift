import Datasets
import Evaluation
import Formats
import Foundation
import Recipes
import Testing

@testable import Runs

@Suite("Evaluations by a recipe")
struct EvaluationRunTests {
  private static let models =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/checkpoints/demo"
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "evaluation-run-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let description = DatasetDescription(kind: .task, source: "test")
    try DatasetWriter.create(at: folder + "/quiz.h5", description) { writer in
      for (index, split) in ["validation", "validation", "test", "test", "test"].enumerated() {
        try writer.append(
          DatasetRow([
            "prompt": "What is \(index) plus 1?", "response": "\(index + 1)", "answer": "1",
            "choices": "[\"\(index)\", \"\(index + 1)\", \"nine\"]",
          ]), split: split)
      }
    }
  }

  /// The large model as base, the small one in place of everything else.
  private func recipe(_ output: String, alpha: String = "1") throws -> EvaluationRecipe {
    try EvaluationRecipe(
      yaml: """
        kind: evaluate
        output: \(folder)/\(output)
        threads: 1
        precision: fp32
        systems:
          base: \(Self.models)/large
          expert: \(Self.models)/small
          antiexpert: \(Self.models)/small
          tuned: \(Self.models)/small
        alpha: \(alpha)
        tasks:
          - task: question
            data: \(folder)/quiz.h5
            columns: {prompt: "Question: {prompt}\\nAnswer:"}
            rule: last-number
            max_tokens: 8
            development: {split: validation}
          - {task: letters, data: \(folder)/quiz.h5, limit: 2, development: {split: validation}}
        examples: 2
        """, path: "recipe.yaml")
  }

  @Test("systems, strengths, results and a report; run again it asks nothing and says the same")
  func whole() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = try #require(try EvaluationRun(recipe("auto", alpha: "auto")).run())
    #expect(
      result.table.comparisons.map { $0.systems.map(\.name) } == [
        ["base", "expert", "proxied", "tuned", "auto"], ["base", "expert", "proxied", "tuned", "auto"],
      ])
    #expect(result.remarks.count == 2)
    // An expert that is its own antiexpert moves nothing: the two together are the base.
    for comparison in result.table.comparisons {
      #expect(comparison["proxied"]?.responses == comparison["base"]?.responses)
      #expect(comparison["proxied"]?.scores == comparison["base"]?.scores)
    }
    let answers = try String(contentsOfFile: folder + "/auto/answers.jsonl", encoding: .utf8)
    let json = try JSON(contentsOf: result.resultsPath)
    #expect(json["tasks"]?[0]?["systems"]?["base"]?["n"]?.intValue == 3)
    let html = try String(contentsOfFile: result.reportPath, encoding: .utf8)
    #expect(html.contains("</html>") && html.contains("<svg") && html.contains("class=\"t"))
    #expect(try EvaluationRecipe(contentsOf: folder + "/auto/recipe.yaml") == recipe("auto", alpha: "auto"))

    let again = try #require(try EvaluationRun(recipe("auto", alpha: "auto")).run())
    #expect(try String(contentsOfFile: folder + "/auto/answers.jsonl", encoding: .utf8) == answers)
    #expect(again.table.json == result.table.json)
    // Another run with the same seed leaves the same file.
    _ = try EvaluationRun(recipe("other", alpha: "auto")).run()
    #expect(try String(contentsOfFile: folder + "/other/answers.jsonl", encoding: .utf8) == answers)
  }

  @Test("interrupted between batches, it goes on")
  func interrupted() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var asked = 0
    let stopped = try EvaluationRun(recipe("cut")).run {
      asked += 1
      return asked > 3
    }
    #expect(stopped == nil)
    _ = try #require(try EvaluationRun(recipe("cut")).run())
    _ = try EvaluationRun(recipe("whole")).run()
    #expect(
      try String(contentsOfFile: folder + "/cut/answers.jsonl", encoding: .utf8)
        == String(contentsOfFile: folder + "/whole/answers.jsonl", encoding: .utf8))
  }
}
