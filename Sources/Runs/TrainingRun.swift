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
  private let mode: FineTuning.Mode
  private let model: TunedModel
  private let tokenizer: Tokenizer
  private let data: LoadedData
  private let validation: LoadedData?
  private let preparation: ObjectivePreparation
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
    self.mode = mode
    pool = ThreadPool(threads: recipe.threads)
    engine = try MatrixEngines.make(precision: recipe.precision.tensorPrecision)

    var base: Checkpoint?
    switch recipe.model {
    case .path(let path):
      let checkpoint = try Checkpoint.load(path)
      tokenizer = try Tokenizer.load(path: checkpoint.tokenizerPath ?? checkpoint.path)
      let method: TunedModel.Method =
        try recipe.adapter.map { .lowRank(try $0.configuration(over: checkpoint.configuration)) } ?? .full
      model = try TunedModel(.pretrained(checkpoint), method: method)
    case .shape(let shape, let path):
      tokenizer = try Tokenizer.load(path: path)
      model = try TunedModel(
        .untrained(try shape.configuration(vocabularySize: tokenizer.vocabularySize)), method: .full)
    case .reduced(let reduction, let path):
      let checkpoint = try Checkpoint.load(path)
      tokenizer = try Tokenizer.load(path: checkpoint.tokenizerPath ?? checkpoint.path)
      let whole = checkpoint.merged
      // Exact products: rounding where a run begins would be learnt away again.
      let compute = Compute(
        pool: pool, engine: try MatrixEngines.make(precision: .fp32), arena: try .unplanned())
      let small = try reduction.reduction.reduced(whole, seed: recipe.seed, compute: compute)
      model = try TunedModel(.initialized(small), method: .full)
      base = whole
    }

    let sources = recipe.data.sources
    let load = TrainingRun.loader(
      recipe, tokenizer: tokenizer, context: model.configuration.contextLength, pool: pool, note: note)
    data = try load(sources, true)
    validation = try recipe.data.validation.map { try load([$0], false) }
    preparation = ObjectivePreparation(
      recipe: recipe, model: model, base: base, tokenizer: tokenizer, pool: pool, engine: engine, note: note)
  }

  /// What the run would do and take; refuses one that can't fit, or whose folder is taken.
  public func plan() throws -> RunPlan {
    let planned = tuning(preparation.planned, data, validation)
    try planned.check(pool: pool, engine: engine)
    return try planned.plan(pool: pool, engine: engine)
  }

  /// Trains; what the objective needs besides the data is computed first, unless it has been kept.
  public func run(consumers: [any TrainingConsumer] = [], stop: StopSignal? = nil) throws -> TrainingStop {
    let patience = recipe.training.earlyStopPatience.map { [EarlyStop(patience: $0)] } ?? []
    try tuning(preparation.planned, data, validation).check(pool: pool, engine: engine)
    let (objective, data, validation) = try preparation.stopped(by: stop).prepared(data, validation)
    let report = TrainingReport(folder: recipe.output, recipe: recipe.yaml)
    return try tuning(objective, data, validation)
      .run(pool: pool, engine: engine, consumers: patience + [report] + consumers, stop: stop)
  }

  /// Computes the other models' logits that the recipe's objective needs, and returns their file.
  ///
  /// - Parameter stop: Asks for an end; nothing is kept then.
  /// - Throws: `RecipeError` when it needs none from a file.
  public func cacheLogits(stop: StopSignal? = nil) throws -> String {
    let preparation = preparation.stopped(by: stop)
    let compute = Compute(pool: pool, engine: engine, arena: try .unplanned())
    let all = [data] + [validation].compactMap { $0 }
    if let through = recipe.objective.through {
      return try preparation.cache(through, for: all, compute: compute).path
    }
    if let distillation = recipe.objective.distillation,
      let kept = try preparation.cache(distillation, for: all, compute: compute)
    {
      return kept.path
    }
    throw RecipeError(
      path: recipe.output, "the recipe reads no other model's logits from a file",
      advice: "write objective: {through: {base: PATH}} into it, or objective: {cache: FILE} to distil",
      exitCode: .usage)
  }

  private func tuning(
    _ objective: any Objective, _ data: LoadedData, _ validation: LoadedData?
  ) -> FineTuning {
    FineTuning(
      model: model, data: data, validation: validation, dataFingerprint: data.fingerprint,
      training: recipe.training.options(seed: recipe.seed), objective: objective,
      output: FineTuning.Output(
        folder: recipe.output, mode: mode, recipe: recipe.yaml, elementType: recipe.weights.elementType,
        tokenizer: tokenizer, keepBest: recipe.training.keepBest, keepStates: recipe.training.keepLast),
      inputs: inputs)
  }

  /// The paths of what the recipe names besides the model that the run begins at.
  private var inputs: [String] {
    let through = recipe.objective.through
    var inputs = [
      through?.base, through?.antiexpert, through?.cache, recipe.objective.distillation?.cache,
    ].compactMap { $0 }
    if case .path(let reference)? = recipe.objective.preference?.reference { inputs.append(reference) }
    if case .shape(_, let tokenizer) = recipe.model { inputs.append(tokenizer) }
    return inputs
  }

  /// What reads the data that the recipe's objective learns from.
  private static func loader(
    _ recipe: Recipe, tokenizer: Tokenizer, context: Int, pool: ThreadPool, note: @escaping (String) -> Void
  ) -> (_ sources: [Recipe.Data.Source], _ isShuffled: Bool) throws -> LoadedData {
    if let preference = recipe.objective.preference {
      let loader = PairLoader(
        recipe: recipe.data, tokenizer: tokenizer, context: context, seed: recipe.seed,
        batchTokens: recipe.training.batchTokens, hasMismatches: preference.options.loss.needsMismatches,
        pool: pool, note: note)
      return { .pairs(try loader.load($0, isShuffled: $1)) }
    }
    let loader = ExampleLoader(
      recipe: recipe.data, tokenizer: tokenizer, context: context, seed: recipe.seed,
      batchTokens: recipe.training.batchTokens, pool: pool, note: note)
    return { .examples(try loader.load($0, isShuffled: $1)) }
  }
}
