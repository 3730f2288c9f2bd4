import Datasets
import Formats
import Foundation
import Models
import Proxy
import Recipes
import Tensors
import Testing
import Training

@testable import Runs

@Suite("Recipes that distil")
struct DistillationRunTests {
  private static let large =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/checkpoints/demo/large"

  /// A folder with a data set of text and one of questions.
  private final class Workplace {
    let path = NSTemporaryDirectory() + "trimtab-distillation-\(UUID().uuidString)"
    private(set) var notes: [String] = []

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try DatasetWriter.create(
        at: path + "/text.h5", DatasetDescription(kind: .text, source: "test")
      ) { writer in
        for (index, document) in DemoText.documents(count: 200, seed: 5).enumerated() {
          try writer.append(DatasetRow(["document": document]), split: index < 180 ? "train" : "validation")
        }
      }
      try DatasetWriter.create(
        at: path + "/questions.h5", DatasetDescription(kind: .task, source: "test")
      ) { writer in
        for number in 0..<20 {
          try writer.append(
            DatasetRow(["prompt": "What is \(number)?", "response": " \(number)."]), split: "train")
        }
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func recipe(_ name: String, _ objective: String = "temperature: 1.5", steps: Int = 12) throws -> Recipe {
      try Recipe(
        yaml: """
          kind: distill
          output: \(path)/\(name)
          precision: fp32
          threads: 1
          model:
            path: \(DistillationRunTests.large)
            reduce: {layers: 2, hidden_size: 32, intermediate_size: 96, kv_heads: 2}
          objective: {\(objective)}
          data: {path: \(path)/text.h5, validation_split: validation, max_length: 64, train_on: all}
          training: {steps: \(steps), batch_tokens: 256, learning_rate: 3e-3, schedule: constant, save_every: 4}
          """, path: "recipe.yaml")
    }

    func run(_ recipe: Recipe, mode: FineTuning.Mode = .begin) throws -> TrainingRun {
      notes = []
      return try TrainingRun(recipe, mode: mode) { self.notes.append($0) }
    }

    /// The losses of a run's steps.
    func losses(_ name: String) throws -> [Double] {
      try JSONLines(path: "\(path)/\(name)/metrics.jsonl").compactMap { line in
        let json = try line.json()
        return json["event"]?.stringValue == "step" ? json["loss"]?.doubleValue : nil
      }
    }

    func weights(_ name: String) throws -> Fingerprint { try Checkpoint.load("\(path)/\(name)").fingerprint }
  }

  /// Asks for a stop after a step.
  private final class Interruption: TrainingConsumer {
    private let step: Int
    private let stop: StopSignal

    init(after step: Int, _ stop: StopSignal) {
      self.step = step
      self.stop = stop
    }

    func receive(_ event: TrainingEvent) -> Continuation {
      if case .step(let done) = event, done.step == step { stop.request() }
      return .more
    }
  }

  @Test("a small model that opens, learns and begins where nothing was tuned")
  func whole() throws {
    let workplace = try Workplace()
    let recipe = try workplace.recipe("small", steps: 30)
    let plan = try workplace.run(recipe).plan()
    #expect(plan.trainableParameters == plan.totalParameters && plan.totalParameters < 60_000)
    #expect(!FileManager.default.fileExists(atPath: workplace.path + "/small"))
    _ = try workplace.run(recipe).run()
    let losses = try workplace.losses("small")
    #expect(losses[losses.count - 1] < losses[0])
    let small = try Checkpoint.load(workplace.path + "/small")
    #expect(small.configuration.hiddenSize == 32 && small.configuration.family == "llama")
    // It is nobody's expert: what is tuned from it has it as antiexpert.
    let provenance = try #require(try Provenance.read(folder: workplace.path + "/small"))
    #expect(provenance.tunedFrom == nil)
    // It may not be written over what it is made of.
    let base = workplace.path + "/base"
    try FileManager.default.copyItem(atPath: Self.large, toPath: base)
    let own = try Recipe(
      yaml: recipe.yaml, path: "recipe.yaml", overrides: ["model.path=\(base)", "output=\(base)"])
    #expect(throws: TrainingError.outputIsInput(path: base)) {
      _ = try workplace.run(own, mode: .overwrite).plan()
    }
    #expect(throws: TrainingError.outputIsInput(path: base)) {
      try workplace.run(own, mode: .overwrite).run()
    }
  }

  @Test("the small model is antiexpert and start of an expert that steers the large one")
  func steering() throws {
    let workplace = try Workplace()
    _ = try workplace.run(try workplace.recipe("small")).run()
    let expert = try Recipe(
      yaml: """
        kind: finetune
        output: \(workplace.path)/expert
        threads: 1
        model: {path: \(workplace.path)/small}
        data: {path: \(workplace.path)/questions.h5, template: plain, max_length: 64}
        training: {steps: 2, batch_tokens: 128, learning_rate: 1e-3}
        """, path: "recipe.yaml")
    _ = try workplace.run(expert).run()
    let compute = Compute(pool: ThreadPool(threads: 1), engine: OpenBLASEngine(), arena: try .unplanned())
    let assembled = try AssembledModel(
      ModelSelection(model: Self.large, experts: [.init(path: workplace.path + "/expert")]), compute: compute)
    #expect(assembled.proxied != nil)
    let small = try workplace.weights("small")
    #expect(assembled.antiexperts.map(\.checkpoint.fingerprint) == [small])
  }

  @Test("interrupted and resumed, it ends with the same bits")
  func resume() throws {
    let workplace = try Workplace()
    _ = try workplace.run(try workplace.recipe("straight")).run()
    let recipe = try workplace.recipe("broken")
    let stop = StopSignal(listeningFor: [])
    let first = try workplace.run(recipe).run(consumers: [Interruption(after: 5, stop)], stop: stop)
    #expect(first.reason == .interrupted)
    _ = try workplace.run(recipe, mode: .resume).run()
    #expect(try workplace.weights("broken") == (try workplace.weights("straight")))
  }

  @Test("the base's logits from a file, whole or cut, computed once")
  func cached() throws {
    let workplace = try Workplace()
    let cache = workplace.path + "/logits.h5"
    _ = try workplace.run(try workplace.recipe("live", "next_token: 0")).run()
    let live = try workplace.losses("live")
    let recipe = try workplace.recipe("whole", "next_token: 0, cache: \(cache), storage: float32")
    #expect(try workplace.run(recipe).cacheLogits() == cache)
    _ = try workplace.run(recipe).run()
    #expect(!workplace.notes.contains { $0.contains("computing") })
    for (one, other) in zip(try workplace.losses("whole"), live) { #expect(abs(one - other) < 1e-2) }
    // A file of another form is written anew.
    let cut = try workplace.recipe("cut", "next_token: 0, cache: \(cache), top: 64")
    _ = try workplace.run(cut).run()
    #expect(workplace.notes.contains { $0.contains("computing") })
    for (one, other) in zip(try workplace.losses("cut"), live) { #expect(abs(one - other) < 0.2) }
    #expect(throws: RecipeError.self) {
      try workplace.run(try workplace.recipe("none", "temperature: 1")).cacheLogits()
    }
  }
}
