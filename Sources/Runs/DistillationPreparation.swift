import Datasets
import Decoding
import Formats
import Foundation
import Models
import Recipes
import Tensors
import Training

/// What a small model learns of the large one that it is made of: computed batch by batch, or once into a file.
extension ObjectivePreparation {
  /// The objective as far as a plan looks at it.
  func plannedObjective(_ distillation: Recipe.Distillation) -> any Objective {
    if distillation.cache == nil, let base { return objective(distillation, from: Teacher(base)) }
    return objective(
      distillation, from: Teacher(planning: distillation.storage.precision, top: distillation.top))
  }

  /// The objective with everything computed.
  func preparedObjective(
    _ distillation: Recipe.Distillation, for data: [LoadedData], compute: Compute
  ) throws -> any Objective {
    guard let kept = try cache(distillation, for: data, compute: compute) else {
      return plannedObjective(distillation)
    }
    return objective(distillation, from: Teacher(kept))
  }

  private func objective(_ distillation: Recipe.Distillation, from teacher: Teacher) -> any Objective {
    Distillation(
      from: teacher, temperature: Float(distillation.temperature),
      nextTokenShare: Float(distillation.nextTokenShare))
  }

  /// The large model's logits at the data's positions, computed unless the file that is there will do; nil: no file is
  /// wanted.
  func cache(
    _ distillation: Recipe.Distillation, for data: [LoadedData], compute: Compute
  ) throws -> LogitCache? {
    guard let path = distillation.cache, let base else { return nil }
    let identity = "\(base.fingerprint)"
    let existing = try existingCache(
      at: path, distillation.storage, top: distillation.top, for: data
    ) { $0.identity == identity && isComputedAlike($0) }
    if let existing { return existing }
    note("computing the large model's logits at the data's positions, into \(path)")
    try Folder.create(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    try LogitCache.write(
      to: path, for: data,
      partners: EnsemblePartners(base: DecoderModel(base.makeDecoder(), compute: compute)),
      vocabularySize: model.configuration.vocabularySize, precision: distillation.storage.precision,
      top: distillation.top, identity: identity, arithmetic: engine.precision.rawValue,
      progress: followLogits())
    return try LogitCache(path: path)
  }
}
