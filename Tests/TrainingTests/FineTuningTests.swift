import Datasets
import Formats
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Whole runs")
struct FineTuningTests {
  static let pool = ThreadPool(threads: 2)

  /// Eight steps over five batches an epoch, saved every two and validated every three.
  static func tuning(
    in folder: String, adapter: LowRankConfiguration? = nil, mode: FineTuning.Mode = .begin,
    recipe: String = "kind: finetune\n", accumulation: Int = 1, keepBest: Bool = false,
    batches: Int = 5
  ) throws -> FineTuning {
    let checkpoint = try Checkpoint.load(fixtures + "/tiny-llama")
    return FineTuning(
      model: try TunedModel(.pretrained(checkpoint), method: adapter.map { .lowRank($0) } ?? .full),
      data: ListedBatches(count: batches), validation: ListedBatches(count: 2), dataFingerprint: "data",
      training: TrainingOptions(
        length: .steps(8), learningRate: LearningRate(.cosine, peak: 5e-3, warmup: .share(0.25)),
        optimizer: Optimizer.Options(weightDecay: 0.1), accumulation: accumulation, seed: 3, validateEvery: 3,
        saveEvery: 2),
      output: FineTuning.Output(folder: folder, mode: mode, recipe: recipe, keepBest: keepBest))
  }

  @discardableResult
  static func run(
    _ tuning: FineTuning, consumers: [any TrainingConsumer] = [], stop: StopSignal? = nil
  ) throws -> TrainingStop {
    try tuning.run(pool: pool, engine: OpenBLASEngine(), consumers: consumers, stop: stop)
  }

  /// Everything in a run's folder that must not depend on interruptions: bytes by file name.
  static func results(in folder: String) throws -> [String: Data] {
    var results: [String: Data] = [:]
    for case let name as String in try #require(FileManager.default.enumerator(atPath: folder)) {
      let url = URL(fileURLWithPath: folder + "/" + name)
      guard !url.hasDirectoryPath, !name.contains("tfevents") else { continue }
      if name == "metrics.jsonl" {
        // All but the time that each step took.
        let lines = try JSONLines(path: url.path).map { line in
          var members = try #require(try line.json().objectValue)
          members["seconds"] = nil
          return JSON.object(members).text()
        }
        results[name] = Data(lines.joined(separator: "\n").utf8)
      } else {
        results[name] = try Data(contentsOf: url)
      }
    }
    return results
  }

  struct Interruption: Sendable, CustomTestStringConvertible {
    var adapter: LowRankConfiguration?
    var accumulation = 1
    var steps: [Int]
    var testDescription: String {
      "\(adapter == nil ? "full" : "LoRA"), \(accumulation) batches a step, stopped after \(steps)"
    }
  }

  static let interruptions = [
    Interruption(steps: [3]), Interruption(steps: [5]), Interruption(accumulation: 2, steps: [1, 4, 7]),
    Interruption(adapter: TrainerTests.adapter, accumulation: 3, steps: [2, 5]),
  ]

  @Test(arguments: interruptions)
  func anInterruptedRunEndsWithTheSameBytes(_ example: Interruption) throws {
    let folder = try TemporaryFolder()
    func tuning(_ name: String, _ mode: FineTuning.Mode) throws -> FineTuning {
      try Self.tuning(
        in: folder.path + "/" + name, adapter: example.adapter, mode: mode,
        accumulation: example.accumulation, keepBest: true)
    }
    try Self.run(try tuning("whole", .begin))
    var mode = FineTuning.Mode.begin
    for step in example.steps {
      let stop = StopSignal(listeningFor: [])
      let result = try Self.run(
        try tuning("parts", mode), consumers: [Stopper(after: step, stop: stop)], stop: stop)
      #expect(result == TrainingStop(reason: .interrupted, step: step))
      mode = .resume
    }
    #expect(try Self.run(try tuning("parts", .resume)) == TrainingStop(reason: .finished, step: 8))
    // Saved states aren't compared: they were saved at other steps.
    let isResult = { (name: String) in !name.hasPrefix("state/") }
    let whole = try Self.results(in: folder.path + "/whole").filter { isResult($0.key) }
    let parts = try Self.results(in: folder.path + "/parts").filter { isResult($0.key) }
    #expect(whole.keys.sorted() == parts.keys.sorted())
    for (name, bytes) in whole { #expect(parts[name] == bytes, "\(name)") }
  }

  @Test func aRunKilledAtAnyEventEndsWithTheSameBytes() throws {
    let folder = try TemporaryFolder()
    let whole = folder.path + "/whole"
    let photographer = Photographer(of: whole, into: folder.path)
    try Self.run(try Self.tuning(in: whole, keepBest: true), consumers: [photographer])
    let expected = try Self.results(in: whole)
    #expect(photographer.pictures.count > 15)
    for picture in photographer.pictures {
      // The process that takes over finds what the killed one left, half a state in the making among it.
      let partial = picture + "/state/.step-00000006.partial"
      try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
      try Data([0, 1]).write(to: URL(fileURLWithPath: partial + "/parameters.float32"))
      try Self.run(try Self.tuning(in: picture, mode: .resume, keepBest: true))
      try? FileManager.default.removeItem(atPath: partial)
      let found = try Self.results(in: picture)
      #expect(found.keys.sorted() == expected.keys.sorted(), "\(picture)")
      for (name, bytes) in expected { #expect(found[name] == bytes, "\(name) in \(picture)") }
    }
  }

  @Test func theFolderHoldsWhatTheDesignSays() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run"
    try Self.run(try Self.tuning(in: path))
    for name in ["config.json", "model.safetensors", "trimtab.json", "recipe.yaml", "metrics.jsonl"] {
      #expect(FileManager.default.fileExists(atPath: path + "/" + name), "\(name)")
    }
    #expect(StepNames.steps(in: path + "/state") == [8, 6])
    let provenance = try #require(try Provenance.read(folder: path))
    let source = try #require(provenance.tunedFrom)
    #expect(Folder.isSame(Provenance.resolved(source.path, from: path), fixtures + "/tiny-llama"))
    #expect(source.fingerprint == "\(try Checkpoint.load(fixtures + "/tiny-llama").fingerprint)")
    #expect(provenance.recipe == "kind: finetune\n" && provenance.dataFingerprint == "data")
    #expect(provenance.metrics["step"]?.intValue == 8)
    #expect(provenance.metrics["perplexity"]?.doubleValue != nil)
    #expect(try Checkpoint.load(path).configuration.layers == 2)
  }

  @Test func anAdapterIsPublishedAndCanBeTunedFurther() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run"
    try Self.run(try Self.tuning(in: path, adapter: TrainerTests.adapter))
    let tuned = try Checkpoint.load(path)
    let adapter = try #require(tuned.adapter)
    #expect(adapter.configuration.rank == 4)
    let further = try TunedModel(.pretrained(tuned), method: .lowRank(TrainerTests.adapter))
    let entry = try #require(further.makeParameters(seed: 1).entries.first)
    #expect(further.makeParameters(seed: 1).value(entry).array == adapter.tensors[entry.name]?.array)
    #expect(throws: TrainingError.adapterInTheWay(path: path)) {
      try TunedModel(.pretrained(tuned), method: .full)
    }
    // One of peft's, with a module of another rank than the rest.
    var tensors = adapter.tensors
    tensors[entry.name] = Tensor(zeros: [3, entry.shape[1]])
    var mixed = tuned
    mixed.adapter = Checkpoint.StoredAdapter(
      configuration: adapter.configuration, tensors: tensors, basePath: adapter.basePath)
    #expect(throws: TrainingError.adapterInTheWay(path: path)) {
      try TunedModel(.pretrained(mixed), method: .lowRank(TrainerTests.adapter))
    }
  }

  @Test func theBestCheckpointIsKept() throws {
    let folder = try TemporaryFolder()
    let recorder = Recorder()
    try Self.run(try Self.tuning(in: folder.path + "/run", keepBest: true), consumers: [recorder])
    let best = try #require(recorder.validations.min { $0.loss < $1.loss })
    let metrics = try #require(try Provenance.read(folder: folder.path + "/run")).metrics
    #expect(metrics["step"]?.intValue == best.step)
    #expect(metrics["validation_loss"]?.doubleValue == best.loss)
  }

  @Test func foldersOfOthersAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run"
    try Self.run(try Self.tuning(in: path))
    let before = try Self.results(in: path)
    #expect(throws: TrainingError.folderInUse(path: path)) {
      try Self.run(try Self.tuning(in: path, recipe: "kind: other\n"))
    }
    #expect(try Self.results(in: path) == before)
    // The same recipe begins again; another one may when it's told to.
    try Self.run(try Self.tuning(in: path))
    #expect(try Self.results(in: path) == before)
    try Self.run(try Self.tuning(in: path, mode: .overwrite, recipe: "kind: other\n"))
    // A model that no run wrote is never overwritten by beginning.
    try FileManager.default.removeItem(atPath: path + "/recipe.yaml")
    for mode in [FineTuning.Mode.begin, .resume] {
      #expect(throws: TrainingError.folderInUse(path: path)) {
        try Self.run(try Self.tuning(in: path, mode: mode))
      }
    }
    let model = fixtures + "/tiny-llama"
    #expect(throws: TrainingError.outputIsInput(path: model)) {
      try Self.run(try Self.tuning(in: model, mode: .overwrite))
    }
    // Nor is a tokenizer that a run is made with, or that lies there alone.
    let tokenizer = folder.path + "/tokenizer"
    try FileManager.default.createDirectory(atPath: tokenizer, withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: tokenizer + "/tokenizer.json"))
    #expect(throws: TrainingError.folderInUse(path: tokenizer)) {
      try Self.run(try Self.tuning(in: tokenizer))
    }
    let plain = try Self.tuning(in: tokenizer, mode: .overwrite)
    for input in [tokenizer, tokenizer + "/tokenizer.json"] {
      #expect(throws: TrainingError.outputIsInput(path: tokenizer)) {
        try Self.run(
          FineTuning(
            model: plain.model, data: plain.data, dataFingerprint: plain.dataFingerprint,
            training: plain.training, output: plain.output, inputs: [input]))
      }
    }
    #expect(FileManager.default.fileExists(atPath: tokenizer + "/tokenizer.json"))
  }

  @Test func anUnfinishedRunIsNotThrownAway() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run"
    let stop = StopSignal(listeningFor: [])
    try Self.run(try Self.tuning(in: path), consumers: [Stopper(after: 3, stop: stop)], stop: stop)
    #expect(throws: TrainingError.unfinished(path: path, step: 3, of: 8)) {
      try Self.run(try Self.tuning(in: path))
    }
    // What a killed process was writing goes too.
    let torn = [path + "/.model.safetensors.1.0.partial", path + "/state/.step-000099.partial"]
    for file in torn { try "half".write(toFile: file, atomically: false, encoding: .utf8) }
    #expect(try Self.run(try Self.tuning(in: path, mode: .overwrite)).step == 8)
    #expect(!torn.contains(where: FileManager.default.fileExists))
  }

  @Test func aStateOfOtherDataParametersOrModelIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run"
    try Self.run(try Self.tuning(in: path))
    #expect(throws: TrainingError.otherRun(folder: path + "/state", what: "parameters")) {
      try Self.run(
        try Self.tuning(in: path, adapter: TrainerTests.adapter, mode: .resume, recipe: "kind: other\n"))
    }
    // What is refused leaves everything as it was.
    #expect(try String(contentsOfFile: path + "/recipe.yaml", encoding: .utf8) == "kind: finetune\n")
    let other = try Self.tuning(in: path, mode: .resume)
    #expect(throws: TrainingError.otherRun(folder: path + "/state", what: "data")) {
      try Self.run(
        FineTuning(
          model: other.model, data: other.data, dataFingerprint: "other", training: other.training,
          output: other.output))
    }
    let checkpoint = try Checkpoint.load(fixtures + "/tiny-llama")
    var tensors = checkpoint.tensors
    let name = try #require(tensors.keys.min())
    tensors[name] = tensors[name].map { Tensor(zeros: $0.shape, elementType: $0.elementType) }
    let changed = Checkpoint(
      path: checkpoint.path, configuration: checkpoint.configuration, tensors: tensors)
    #expect(throws: TrainingError.otherRun(folder: path + "/state", what: "model")) {
      try Self.run(
        FineTuning(
          model: try TunedModel(.pretrained(changed), method: .full), data: other.data,
          dataFingerprint: other.dataFingerprint, training: other.training, output: other.output))
    }
  }

  @Test func thePlanCountsAndRefuses() throws {
    let folder = try TemporaryFolder()
    let tuning = try Self.tuning(in: folder.path + "/run", adapter: TrainerTests.adapter)
    let plan = try tuning.plan(pool: Self.pool, engine: OpenBLASEngine())
    let batches = ListedBatches(count: 5).batches
    #expect(plan.steps == 8 && plan.data.batches == 5 && plan.epochs == 1.6)
    #expect(plan.data.tokens == batches.reduce(0) { $0 + $1.count })
    #expect(plan.data.lossTokens == batches.reduce(0) { $0 + $1.lossTokenCount })
    #expect(plan.data.longestExample == 10)
    // q, v: 4·(32 + 32), 4·(32 + 16); down: 4·(64 + 32); two layers.
    #expect(plan.trainableParameters == 2 * (256 + 192 + 384))
    #expect(plan.memory.bytes[.optimizer] == 8 * plan.trainableParameters)
    #expect(plan.memory.total == plan.memory.bytes.values.reduce(0, +))
    #expect(plan.text.contains("(trained: 1664, "))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run"))
    #expect(throws: TrainingError.self) {
      try plan.memory.check(against: plan.memory.total - 1, options: tuning.training, isFull: false)
    }
    try plan.memory.check(against: plan.memory.total, options: tuning.training, isFull: false)
  }

  @Test func dataThatDoesNotSuitTheModelIsRefused() {
    var stranger = TokenBatch()
    stranger.append(ids: [1, 64, 2], mask: [1, 1, 1])
    var long = TokenBatch()
    long.append(ids: ArraySlice(repeating: 1, count: 65), mask: ArraySlice(repeating: 1, count: 65))
    for (batch, error) in [
      (stranger, TrainingError.tokenOutsideVocabulary(64, size: 64)),
      (long, .exampleTooLong(tokens: 65, context: 64)),
    ] {
      #expect(throws: error) {
        try DataSummary(scanning: ListedBatches([batch]), vocabularySize: 64, contextLength: 64)
      }
    }
  }
}

/// Asks for a stop as Ctrl-C would, after some step.
final class Stopper: TrainingConsumer {
  private let step: Int
  private let stop: StopSignal

  init(after step: Int, stop: StopSignal) {
    self.step = step
    self.stop = stop
  }

  func receive(_ event: TrainingEvent) -> Continuation {
    switch event {
    case .step(let step) where step.step == self.step: stop.request()
    default: break
    }
    return .more
  }
}

/// Copies a run's folder at every event: what the disk holds if the process dies then.
private final class Photographer: TrainingConsumer {
  private let folder: String
  private let album: String
  private(set) var pictures: [String] = []

  init(of folder: String, into album: String) {
    self.folder = folder
    self.album = album
  }

  func receive(_ event: TrainingEvent) throws -> Continuation {
    let picture = "\(album)/picture-\(pictures.count)"
    try FileManager.default.copyItem(atPath: folder, toPath: picture)
    pictures.append(picture)
    return .more
  }
}
