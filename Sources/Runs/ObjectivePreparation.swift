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
    if let distillation = recipe.objective.distillation {
      let all = [data] + [validation].compactMap { $0 }
      return (try preparedObjective(distillation, for: all, compute: compute), data, validation)
    }
    let ensemble = try recipe.objective.through.map { through in
      Ensemble(try cache(through, for: [data] + [validation].compactMap { $0 }, compute: compute))
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
            batches, with: reference.decoder, in: ensemble, forValidation: forValidation, compute: compute)
        })
    }
    return (objective, try scorer(data, false), try validation.map { try scorer($0, true) })
  }

  private var plain: any Objective {
    recipe.objective.preference.map { PreferenceObjective($0.options) } ?? NextToken()
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
    // The base may have been another machine's.
    let isBaseHere = FileManager.default.fileExists(atPath: through.base)
    if !isBaseHere, let cache = try existing({ $0.identity.hasSuffix(expected) }) { return cache }
    let base = try LoadedModel(path: through.base, compute: compute)
    try checkVocabulary(of: base)
    let identity = "\(base.checkpoint.fingerprint) \(expected)"
    if let cache = try existing({ $0.identity == identity }) { return cache }
    note("computing the base's logits at the data's positions, into \(path)")
    try Folder.create(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    try LogitCache.write(
      to: path, for: data,
      partners: EnsemblePartners(
        base: base.languageModel, antiexpert: antiexpert, alpha: Float(through.alpha)),
      vocabularySize: model.configuration.vocabularySize, precision: through.storage.precision,
      top: through.top, identity: identity)
    return try LogitCache(path: path)
  }

  /// The cache that lies at a path, if it will do.
  func existingCache(
    at path: String, _ storage: Recipe.Through.Storage, top: Int?, for data: [LoadedData],
    _ isSuitable: (LogitCache) -> Bool
  ) throws -> LogitCache? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let cache = try LogitCache(path: path)
    let fits = isSuitable(cache) && cache.precision == storage.precision && cache.top == top
    return try fits && data.allSatisfy { try cache.covers($0) } ? cache : nil
  }

  private func antiexpert(
    _ through: Recipe.Through, compute: Compute
  ) throws -> (model: any LanguageModel, fingerprint: String) {
    if let path = through.antiexpert {
      let loaded = try LoadedModel(path: path, compute: compute)
      return (loaded.languageModel, "\(loaded.checkpoint.fingerprint)")
    }
    let reference = try Reference(.base, of: model, seed: recipe.seed)
    return (DecoderModel(reference.decoder, compute: compute), reference.fingerprint)
  }

  private func checkVocabulary(of base: LoadedModel) throws {
    guard let other = base.tokenizer else { return }
    let comparison = VocabularyComparison(
      base: other, baseWidth: base.languageModel.vocabularySize, expert: tokenizer,
      expertWidth: model.configuration.vocabularySize)
    guard comparison.relation == .same || comparison.relation == .padded else {
      throw ProxyError.otherVocabulary(
        expert: recipe.output, base: base.path, shared: comparison.shared,
        example: comparison.missing.first.map { "\"\($0)\"" } ?? "")
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
