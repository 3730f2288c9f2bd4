import Datasets
import Formats
import Foundation
import Models
import Proxy
import Recipes
import Testing
import Training

@testable import Runs

@Suite("Recipes that learn preferences")
struct PreferenceRunTests {
  static let demo =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/checkpoints/demo"

  /// A folder with a data set of pairs, and what its runs said.
  private final class Workplace {
    let path = NSTemporaryDirectory() + "trimtab-preferences-\(UUID().uuidString)"
    private(set) var notes: [String] = []

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let pairs = (0..<30).map { number in
        let (a, b) = (2 + number % 8, 3 + number / 8)
        return PreferenceText(
          prompt: "What is \(a) plus \(b)?", chosen: "\(a + b).", rejected: "\(a + b + 1) or so.",
          weight: number % 2 == 0 ? 1 : 0.5)
      }
      try DatasetWriter.create(at: path + "/pairs.h5", source: "test", pairs: pairs)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func run(_ name: String, objective: String, steps: Int = 4, mode: FineTuning.Mode = .begin) throws
      -> [JSON]
    {
      let run = try run(recipe(name, objective, steps: steps), mode: mode)
      _ = try run.run()
      return try metrics(name)
    }

    func run(_ recipe: Recipe, mode: FineTuning.Mode = .begin) throws -> TrainingRun {
      notes = []
      return try TrainingRun(recipe, mode: mode) { self.notes.append($0) }
    }

    func recipe(_ name: String, _ objective: String, steps: Int = 4) throws -> Recipe {
      try Recipe(
        yaml: """
          kind: finetune
          output: \(path)/\(name)
          model: {path: \(PreferenceRunTests.demo)/small}
          adapter: {kind: lora, rank: 4}
          objective: {\(objective)}
          data: {path: \(path)/pairs.h5}
          training: {steps: \(steps), batch_tokens: 256, accumulation: 2, learning_rate: 1e-3, schedule: constant}
          """, path: "recipe.yaml")
    }

    /// The lines of a run's log, without times.
    func metrics(_ name: String) throws -> [JSON] {
      try JSONLines(path: "\(path)/\(name)/metrics.jsonl").map { line in
        var members = try #require(try line.json().objectValue)
        members["seconds"] = nil
        return JSON.object(members)
      }
    }
  }

  @Test func theReferenceIsScoredOnceAndKeptWithTheData() throws {
    let workplace = try Workplace()
    let first = try workplace.run("first", objective: "kind: preference, beta: 0.5")
    #expect(first[0]["rewards/margins"]?.doubleValue == 0 && first[0]["rewards/accuracies"]?.doubleValue == 0)
    #expect(first[3]["rewards/margins"]?.doubleValue != 0)
    #expect(workplace.notes == ["scoring 30 pairs with the reference"])
    let again = try workplace.run("again", objective: "kind: preference, beta: 0.5")
    #expect(again == first && workplace.notes.isEmpty)
    // The adapter is new: the model without it is the same reference, under another name.
    let base = try workplace.run("base", objective: "kind: preference, beta: 0.5, reference: base")
    #expect(base == first && workplace.notes.count == 1)
    let other = try workplace.run(
      "other", objective: "kind: preference, beta: 0.5, reference: \(workplace.path)/first")
    #expect(other[0]["rewards/margins"]?.doubleValue != 0)
  }

  @Test(arguments: ["sigmoid", "hinge", "ipo", "robust", "simpo", "orpo", "kto"])
  func everyLossRunsFromARecipe(loss: String) throws {
    let workplace = try Workplace()
    let plan = try workplace.run(try workplace.recipe(loss, "kind: preference, loss: \(loss)")).plan()
    #expect(plan.data.examples == (loss == "kto" ? 90 : 60))
    // A plan computes nothing.
    #expect(workplace.notes.isEmpty && !FileManager.default.fileExists(atPath: "\(workplace.path)/\(loss)"))
    let lines = try workplace.run(loss, objective: "kind: preference, loss: \(loss), nll: 0.1")
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0["loss"]?.doubleValue?.isFinite == true })
  }

  @Test func anEnsemblesLogitsAreComputedOnceEvenElsewhere() throws {
    let workplace = try Workplace()
    let cache = workplace.path + "/logits.h5"
    func objective(base: String, alpha: Double = 1) -> String {
      "kind: preference, nll: 1, through: {base: \(base), alpha: \(alpha), cache: \(cache)}"
    }
    let large = Self.demo + "/large"
    let recipe = try workplace.recipe("there", objective(base: large))
    let stop = StopSignal(listeningFor: [])
    stop.request()
    #expect(throws: PreparationInterrupted.self) { try workplace.run(recipe).cacheLogits(stop: stop) }
    #expect(!FileManager.default.fileExists(atPath: cache))
    #expect(try workplace.run(recipe).cacheLogits() == cache)
    let here = try workplace.run("here", objective: objective(base: large))
    #expect(here[0]["rewards/margins"]?.doubleValue == 0)
    #expect(!workplace.notes.contains { $0.contains("computing") })
    // A machine that has the file needn't have the base.
    #expect(try workplace.run("elsewhere", objective: objective(base: "/nowhere")) == here)
    #expect(workplace.notes.contains { $0.contains("isn't here") })
    #expect(try LogitCache(path: cache).arithmetic != nil)
    #expect(throws: (any Error).self) {
      try workplace.run("else", objective: objective(base: "/nowhere", alpha: 0.5))
    }
    #expect(throws: RecipeError.self) {
      try workplace.run(try workplace.recipe("none", "kind: preference")).cacheLogits()
    }
  }

  @Test func aBaseThatIsNowhereIsRefusedUnlessTheRecipeNamesItsLogits() throws {
    let workplace = try Workplace()
    func objective(base: String) -> String { "kind: preference, nll: 1, through: {base: \(base)}" }
    _ = try workplace.run("own", objective: objective(base: Self.demo + "/large"))
    #expect(throws: ModelError.self) {
      try workplace.run("own", objective: objective(base: "/nowhere"), mode: .overwrite)
    }
  }

  @Test func modelsWithOtherTokensAreRefused() throws {
    let workplace = try Workplace()
    let other =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
      + "/TrainingTests/Fixtures/tiny-llama"
    #expect(throws: TrainingError.self) {
      try workplace.run("reference", objective: "kind: preference, reference: \(other)")
    }
    let through = "through: {base: \(Self.demo)/large, antiexpert: \(other)}"
    #expect(throws: ProxyError.self) {
      try workplace.run("antiexpert", objective: "kind: preference, \(through)")
    }
  }

  @Test func dataOfAnotherKindAreRefused() throws {
    let workplace = try Workplace()
    #expect(throws: DatasetError.self) { try workplace.run("next", objective: "kind: next-token") }
  }
}
