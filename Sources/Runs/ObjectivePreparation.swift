import Datasets
import Decoding
import Diagnostics
import Formats
import Foundation
import Models
import Proxy
import Recipes
import Tensors
import Tokenizers
import Training

/// Makes a recipe's objective ready: the reference's log-probabilities and the ensemble's logits, computed once.
struct ObjectivePreparation {
  let recipe: Recipe
  let model: TunedModel
  /// The large model that a small one is made of.
  let base: Checkpoint?
  let tokenizer: Tokenizer
  let pool: ThreadPool
  let engine: any MatrixEngine
  let note: (String) -> Void
  /// What asks for an end of what is computed before training.
  var stop: StopSignal?

  /// The objective as far as a plan looks at it, with nothing computed.
  var planned: any Objective {
    if let distillation = recipe.objective.distillation { return plannedObjective(distillation) }
    guard let through = recipe.objective.through else { return plain }
    return EnsembleObjective(
      plain, through: Ensemble(planning: through.storage.precision, top: through.top))
  }

  /// The objective with everything computed, and the data with what the reference makes of them.
  func prepared(
    _ data: LoadedData, _ validation: LoadedData?
  ) throws -> (objective: any Objective, data: LoadedData, validation: LoadedData?) {
    let compute = Compute(pool: pool, engine: engine, arena: try .unplanned())
    let all = [data] + [validation].compactMap { $0 }
    if let distillation = recipe.objective.distillation {
      return (try preparedObjective(distillation, for: all, compute: compute), data, validation)
    }
    if let preference = recipe.objective.preference {
      try checkReference(preference, for: all, compute: compute)
    }
    let ensemble = try recipe.objective.through.map { through in
      Ensemble(try cache(through, for: all, compute: compute))
    }
    var objective = plain
    if let ensemble { objective = EnsembleObjective(objective, through: ensemble) }
    guard let preference = recipe.objective.preference, preference.options.loss.needsReference else {
      return (objective, data, validation)
    }
    let reference = try Reference(preference.reference, of: model, seed: recipe.seed)
    let precision = engine.precision.rawValue
    let scorer = { (data: LoadedData, forValidation: Bool) throws -> LoadedData in
      guard case .pairs(let pairs) = data else { return data }
      let through = recipe.objective.through.map { "\($0.storage) \($0.top ?? 0)" } ?? ""
      let identity =
        "\(reference.fingerprint) \(ensemble?.identity ?? "") \(through) \(precision) \(forValidation)"
      return .pairs(
        try pairs.scored(by: identity, note: note) { batches in
          try ReferenceScoring.fill(
            batches, with: reference.decoder, in: ensemble, forValidation: forValidation, compute: compute,
            progress: { _ in try heedStop() })
        })
    }
    return (objective, try scorer(data, false), try validation.map { try scorer($0, true) })
  }

  private var plain: any Objective {
    recipe.objective.preference.map { PreferenceObjective($0.options) } ?? NextToken()
  }

  // MARK: - While it is computed

  /// The same, which ends what it computes when a stop is asked for.
  func stopped(by stop: StopSignal?) -> ObjectivePreparation {
    var preparation = self
    preparation.stop = stop
    return preparation
  }

  /// Tells of each tenth of the logits, and ends their computation where a stop is asked for.
  func followLogits() -> (_ share: Double) throws -> Void {
    var tenths = 0
    return { share in
      try heedStop()
      guard Int(share * 10) > tenths else { return }
      tenths = Int(share * 10)
      note("\(tenths * 10) % of the logits are computed")
    }
  }

  private func heedStop() throws {
    if stop?.isRequested == true { throw PreparationInterrupted() }
  }

  // MARK: - The reference

  /// Throws unless a reference at a path of its own reads the data: the same tokens, and as many in a row.
  private func checkReference(
    _ preference: Recipe.Preference, for data: [LoadedData], compute: Compute
  ) throws {
    guard preference.options.loss.needsReference, case .path(let path) = preference.reference else { return }
    let reference = try LoadedModel(path: path, compute: compute)
    try checkVocabulary(of: reference)
    let (width, context) = (reference.languageModel.vocabularySize, reference.languageModel.contextLength)
    guard width == model.configuration.vocabularySize else {
      throw TrainingError.otherVocabulary(
        model: "the reference \(path)", size: width, expected: model.configuration.vocabularySize)
    }
    let longest = try data.map { try $0.longestSegment }.max() ?? 0
    guard longest <= context else { throw TrainingError.exampleTooLong(tokens: longest, context: context) }
  }

  // MARK: - The ensemble's logits

  /// The ensemble's logits at the data's positions, computed unless the file that is there will do.
  func cache(
    _ through: Recipe.Through, for data: [LoadedData], compute: Compute
  ) throws -> LogitCache {
    let (antiexpert, antiexpertFingerprint) = try antiexpert(through, compute: compute)
    let path = through.cache ?? recipe.output + "/logits.h5"
    let expected = "\(antiexpertFingerprint) \(Float(through.alpha))"
    func existing(_ isSuitable: (LogitCache) -> Bool) throws -> LogitCache? {
      try existingCache(at: path, through.storage, top: through.top, for: data, isSuitable)
    }
    // The base may have been another machine's; then the recipe names the file that was made there. A file that it
    // doesn't name is no sign that a base which can't be found is the one that was meant.
    let isBaseHere = FileManager.default.fileExists(atPath: through.base)
    if !isBaseHere, through.cache != nil, let cache = try existing({ $0.identity.hasSuffix(expected) }) {
      note("the base \(through.base) isn't here: its logits are read from \(path)")
      return cache
    }
    let base = try LoadedModel(path: through.base, compute: compute)
    try checkVocabulary(of: base)
    let identity = "\(base.checkpoint.fingerprint) \(expected)"
    if let cache = try existing({ $0.identity == identity && isComputedAlike($0) }) { return cache }
    note("computing the base's logits at the data's positions, into \(path)")
    try Folder.create(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    try LogitCache.write(
      to: path, for: data,
      partners: EnsemblePartners(
        base: base.languageModel, antiexpert: antiexpert, alpha: Float(through.alpha)),
      vocabularySize: model.configuration.vocabularySize, precision: through.storage.precision,
      top: through.top, identity: identity, arithmetic: engine.precision.rawValue, progress: followLogits())
    return try LogitCache(path: path)
  }

  /// Whether a cache's logits are of this run's arithmetic; older files don't say which theirs are of.
  func isComputedAlike(_ cache: LogitCache) -> Bool {
    cache.arithmetic == nil || cache.arithmetic == engine.precision.rawValue
  }

  /// The cache that lies at a path, if it will do.
  func existingCache(
    at path: String, _ storage: Recipe.Through.Storage, top: Int?, for data: [LoadedData],
    _ isSuitable: (LogitCache) -> Bool
  ) throws -> LogitCache? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let cache = try LogitCache(path: path)
    let fits =
      isSuitable(cache) && cache.precision == storage.precision && cache.top == top
      && cache.vocabularySize == model.configuration.vocabularySize
    return try fits && data.allSatisfy { try cache.covers($0) } ? cache : nil
  }

  private func antiexpert(
    _ through: Recipe.Through, compute: Compute
  ) throws -> (model: any LanguageModel, fingerprint: String) {
    if let path = through.antiexpert {
      let loaded = try LoadedModel(path: path, compute: compute)
      let width = model.configuration.vocabularySize
      if let reason = loaded.misfit(asAntiexpertOf: tokenizer, width: width) {
        throw ProxyError.expertNotSmallerFamily(expert: recipe.output, reason: reason)
      }
      return (loaded.languageModel, "\(loaded.checkpoint.fingerprint)")
    }
    let reference = try Reference(.base, of: model, seed: recipe.seed)
    return (DecoderModel(reference.decoder, compute: compute), reference.fingerprint)
  }

  /// Throws unless a model has the tokens of the one that learns; it may have unused ids behind them.
  private func checkVocabulary(of other: LoadedModel) throws {
    guard let otherTokenizer = other.tokenizer, otherTokenizer.fingerprint != tokenizer.fingerprint else {
      return
    }
    let comparison = VocabularyComparison(
      base: otherTokenizer, baseWidth: other.languageModel.vocabularySize, expert: tokenizer,
      expertWidth: model.configuration.vocabularySize)
    guard comparison.relation == .same || comparison.relation == .padded else {
      throw ProxyError.otherVocabulary(
        expert: recipe.output, base: other.path, shared: comparison.shared,
        example: comparison.missing.first.map { "\"\($0)\"" } ?? "")
    }
  }
}

/// A stop was asked for before training began.
struct PreparationInterrupted: DiagnosticError {
  let diagnostics = [
    Diagnostic(
      "interrupted before all that training needs was computed",
      advice: "run it again: what was being computed begins anew", exitCode: .interrupted)
  ]
}

extension LoadedData {
  /// The most tokens of a segment.
  fileprivate var longestSegment: Int {
    get throws {
      try (0..<batchesPerEpoch).reduce(0) { longest, number in
        try batch(number).segments.reduce(longest) { max($0, $1.count) }
      }
    }
  }
}

/// A model that preferences are compared with.
private struct Reference {
  let decoder: Decoder
  let fingerprint: String

  init(_ reference: Recipe.Preference.Reference, of model: TunedModel, seed: UInt64) throws {
    switch (reference, model.start) {
    case (.path(let path), _):
      let checkpoint = try Checkpoint.load(path)
      decoder = checkpoint.makeDecoder()
      fingerprint = "\(checkpoint.fingerprint)"
    case (.base, .pretrained(let checkpoint)):
      decoder = model.bareDecoder
      fingerprint = "\(checkpoint.withoutAdapter.fingerprint)"
    case (.start, .pretrained(let checkpoint)):
      decoder = model.startDecoder(seed: seed)
      fingerprint = "\(checkpoint.fingerprint) \(model.method)"
    case (_, .initialized(let checkpoint)):
      decoder = model.startDecoder(seed: seed)
      fingerprint = "\(checkpoint.fingerprint)"
    case (_, .untrained(let configuration)):
      decoder = model.startDecoder(seed: seed)
      fingerprint = "\(configuration) \(seed)"
    }
  }
}
