import Datasets
import Diagnostics
import Formats
import Foundation
import Models
import Recipes
import Tensors
import Tokenizers
import Training

/// A recipe brought to life: its model loaded, its data tokenised, ready to be planned or trained.
public struct TrainingRun {
  public let recipe: Recipe
  private let tuning: FineTuning
  private let pool: ThreadPool
  private let engine: any MatrixEngine

  /// Loads what the recipe names.
  ///
  /// - Parameters:
  ///   - mode: What to do about a run that was begun in the same folder.
  ///   - note: Is told what people should know, such as examples that were cut.
  public init(_ recipe: Recipe, mode: FineTuning.Mode = .begin, note: @escaping (String) -> Void = { _ in })
    throws
  {
    self.recipe = recipe
    pool = recipe.threads.map { ThreadPool(threads: $0) } ?? ThreadPool()
    engine = try MatrixEngines.make(precision: recipe.precision.tensorPrecision)

    let model: TunedModel
    let tokenizer: Tokenizer
    switch recipe.model {
    case .path(let path):
      let checkpoint = try Checkpoint.load(path)
      tokenizer = try Tokenizer.load(path: TrainingRun.tokenizerPath(of: checkpoint))
      let method: TunedModel.Method =
        try recipe.adapter.map { .lowRank(try $0.configuration(over: checkpoint.configuration)) } ?? .full
      model = try TunedModel(.pretrained(checkpoint), method: method)
    case .shape(let shape, let path):
      tokenizer = try Tokenizer.load(path: path)
      model = try TunedModel(
        .untrained(try shape.configuration(vocabularySize: tokenizer.vocabularySize)), method: .full)
    }

    let context = model.configuration.contextLength
    let loader = ExampleLoader(
      recipe: recipe.data, tokenizer: tokenizer, context: context, seed: recipe.seed,
      batchTokens: recipe.training.batchTokens, pool: pool, note: note)
    let data = try loader.load(recipe.data.sources, isShuffled: true)
    let validation = try recipe.data.validation.map { try loader.load([$0], isShuffled: false) }
    tuning = FineTuning(
      model: model, data: data, validation: validation, dataFingerprint: data.fingerprint,
      training: recipe.training.options(seed: recipe.seed),
      output: FineTuning.Output(
        folder: recipe.output, mode: mode, recipe: recipe.yaml, elementType: recipe.weights.elementType,
        tokenizer: tokenizer, keepBest: recipe.training.keepBest, keepLast: 0,
        keepStates: recipe.training.keepLast))
  }

  /// What the run would do and take; refuses one that can't fit.
  public func plan() throws -> RunPlan { try tuning.plan(pool: pool, engine: engine) }

  /// Trains.
  public func run(consumers: [any TrainingConsumer] = [], stop: StopSignal? = nil) throws -> TrainingStop {
    let patience = recipe.training.earlyStopPatience.map { [EarlyStop(patience: $0)] } ?? []
    return try tuning.run(pool: pool, engine: engine, consumers: patience + consumers, stop: stop)
  }

  /// A folder's own tokenizer, or that of the model that an adapter folder adapts.
  private static func tokenizerPath(of checkpoint: Checkpoint) -> String {
    guard let adapter = checkpoint.adapter else { return checkpoint.path }
    let own = checkpoint.path + "/tokenizer.json"
    return FileManager.default.fileExists(atPath: own) ? checkpoint.path : adapter.basePath
  }
}

/// Tokenised data sets as the trainer takes them.
struct LoadedData: TrainingData {
  let batches: Batches
  /// Names the tokens and how they are put together.
  let fingerprint: String

  var batchesPerEpoch: Int { batches.plan.batchesPerEpoch }
  var largestBatch: Int { batches.plan.largestBatch }
  func batch(_ number: Int) throws -> TokenBatch { batches.batch(number) }
}

/// Reads a recipe's data sets and makes batches of them.
struct ExampleLoader {
  let recipe: Recipe.Data
  let tokenizer: Tokenizer
  let context: Int
  let seed: UInt64
  let batchTokens: Int
  let pool: ThreadPool
  let note: (String) -> Void

  func load(_ sources: [Recipe.Data.Source], isShuffled: Bool) throws -> LoadedData {
    var accumulator = Fingerprint.Accumulator()
    var examples: [(examples: TokenizedExamples, weight: Double)] = []
    var isText = true
    let length = min(recipe.maximumLength, context)
    for source in sources {
      let dataset = try Dataset(path: source.path)
      isText = isText && dataset.kind == .text
      let renderer = ExampleRenderer(
        tokenizer: tokenizer,
        template: try PromptTemplate.named(
          recipe.template, chatTemplate: tokenizer.chatTemplate, kind: dataset.kind),
        trainOn: recipe.trainOn.rendered)
      let (tokens, report) = try dataset.tokens(split: source.split, renderer: renderer, pool: pool)
      let long = tokens.lengths.count { $0 > length }
      if long > 0, dataset.kind != .text {
        note(
          "\(source.path): \(long) of \(tokens.count) examples are longer than \(length) tokens and lose their end"
        )
      }
      if report.withoutLoss > 0 {
        note("\(source.path): \(report.withoutLoss) examples have nothing to learn")
      }
      tokens.ids.withUnsafeBytes { accumulator.append($0) }
      tokens.mask.withUnsafeBytes { accumulator.append($0) }
      tokens.offsets.withUnsafeBytes { accumulator.append($0) }
      examples.append((tokens, source.weight))
    }
    let batches = Batches(
      examples, maximumLength: length, overflow: isText ? .split : .truncate,
      grouping: recipe.packing ? .tokens(batchTokens) : .examples(max(1, batchTokens / length)), seed: seed,
      isShuffled: isShuffled)
    let layout = "\(length) \(recipe.packing) \(batchTokens) \(seed) \(sources.map(\.weight))"
    Array(layout.utf8).withUnsafeBytes { accumulator.append($0) }
    return LoadedData(batches: batches, fingerprint: "\(accumulator.finish())")
  }
}
