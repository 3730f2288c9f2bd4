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

  /// How many rows were asked in all runs of a folder, and how many tokens were generated or scored for them.
  private func asked(_ output: String) throws -> (batches: Int, tokens: Int) {
    let lines = try JSONLines(path: "\(folder)/\(output)/timings.jsonl").map { try $0.json() }
    return (lines.count, lines.reduce(0) { $0 + ($1["tokens"]?.intValue ?? 0) })
  }

  @Test("interrupted between rows, it goes on with those that are left")
  func interrupted() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // A row a batch, three rows and two; the tuned model is the expert's own here, which isn't asked twice.
    func recipe(_ output: String) throws -> EvaluationRecipe {
      var recipe = try self.recipe(output)
      recipe.batchRows = 1
      return recipe
    }
    _ = try EvaluationRun(recipe("whole")).run()
    let whole = try asked("whole")
    #expect(whole.batches == 15)
    var asked = 0
    let stopped = try EvaluationRun(recipe("cut")).run {
      asked += 1
      return asked > 7
    }
    #expect(stopped == nil)
    #expect(try self.asked("cut").batches == 7)
    _ = try #require(try EvaluationRun(recipe("cut")).run())
    let both = try self.asked("cut")
    #expect(both.batches == whole.batches && both.tokens == whole.tokens)
    #expect(
      try String(contentsOfFile: folder + "/cut/answers.jsonl", encoding: .utf8)
        == String(contentsOfFile: folder + "/whole/answers.jsonl", encoding: .utf8))
  }

  @Test("a question that is too long is counted and said, in the results and in the report")
  func tooLong() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let long = String(repeating: "What is one plus one? ", count: 400)
    let description = DatasetDescription(kind: .task, source: "test")
    try DatasetWriter.create(at: folder + "/long.h5", description) { writer in
      for split in ["validation", "test"] {
        for prompt in ["What is 1 plus 1?", long, "What is 2 plus 0?"] {
          try writer.append(
            DatasetRow([
              "prompt": prompt, "response": "2", "answer": "1", "choices": "[\"1\", \"2\", \"nine\"]",
            ]), split: split)
        }
      }
    }
    var recipe = try recipe("long", alpha: "auto")
    for place in recipe.tasks.indices { recipe.tasks[place].data = folder + "/long.h5" }
    recipe.tasks[1].rows.limit = nil
    let result = try #require(try EvaluationRun(recipe).run())
    for comparison in result.table.comparisons {
      #expect(comparison.systems.allSatisfy { $0.tooLongCount == 1 && $0.scores.count == 3 })
    }
    let json = try JSON(contentsOf: result.resultsPath)
    #expect(json["tasks"]?[1]?["systems"]?["proxied"]?["too_long"] == 1)
    let html = try String(contentsOfFile: result.reportPath, encoding: .utf8)
    #expect(html.contains("prompts are too long and count as wrong"))
  }

  @Test("what can't be asked is refused before any model is loaded")
  func refusals() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let changes: [(String, (inout EvaluationRecipe) -> Void)] = [
      ("did you mean letters?", { $0.tasks[1].name = "leters" }),
      ("did you mean exact?", { $0.tasks[0].rule = "exat" }),
      ("takes no rule", { $0.tasks[1].rule = "exact" }),
      ("takes no max_tokens", { $0.tasks[1].maximumTokens = 8 }),
      ("takes no interpreter", { $0.tasks[0].interpreter = "python3" }),
      ("none.h5", { $0.tasks[0].data = "none.h5" }),
      ("no split", { $0.tasks[0].rows.split = "tset" }),
      ("no split", { $0.tasks[0].development?.split = "dev" }),
      ("question", { $0.tasks[0].columns[0].form = "{question}" }),
      ("development rows are among those", { $0.tasks[0].development = $0.tasks[0].rows }),
    ]
    let text = DatasetDescription(kind: .text, source: "test")
    try DatasetWriter.create(at: folder + "/text.h5", text) {
      try $0.append(DatasetRow(["document": "One plus one."]), split: "test")
    }
    let unchoosable: (inout EvaluationRecipe) -> Void = { recipe in
      recipe.alpha = .automatic
      recipe.tasks[0].name = "text"
      recipe.tasks[0].data = folder + "/text.h5"
      (recipe.tasks[0].columns, recipe.tasks[0].rule, recipe.tasks[0].development) = ([], nil, nil)
      recipe.tasks[0].maximumTokens = nil
    }
    let masked: (inout EvaluationRecipe) -> Void = { recipe in
      unchoosable(&recipe)
      (recipe.alpha, recipe.plausibility) = (.fixed(1), 0.9)
    }
    let sweptWhileMasked: (inout EvaluationRecipe) -> Void = { recipe in
      (recipe.alpha, recipe.plausibility, recipe.tasks[0].development) = (.automatic, 0.9, nil)
    }
    let texts = [
      ("no prompts", unchoosable), ("plausibility with the task text", masked),
      ("plausibility makes prompts impossible", sweptWhileMasked),
    ]
    for (text, change) in changes + texts {
      var recipe = try recipe("refused")
      recipe.systems.base = "no-such-model"
      change(&recipe)
      do {
        _ = try EvaluationRun(recipe)
        Issue.record("\(text): it was loaded")
      } catch {
        #expect("\(error)".contains(text), "\(error)")
      }
    }
  }
}
