import Formats
import Foundation
import Models
import Recipes
import SelfReward
import Tensors
import Training

/// The folder of a run that can be gone on with.
enum RunFolder {
  /// Makes a folder a recipe's own, and leaves the recipe in it.
  ///
  /// - Parameter isResuming: Whether a run of the same recipe that lies there is gone on with.
  /// - Throws: `SelfRewardLoopError.folderInUse` when another run lies there.
  static func claim(_ folder: String, recipe: String, isResuming: Bool) throws {
    let path = folder + "/recipe.yaml"
    let found = try? String(contentsOfFile: path, encoding: .utf8)
    guard found == nil || (isResuming && found == recipe) else {
      throw SelfRewardLoopError.folderInUse(path: folder)
    }
    try Folder.create(folder)
    try AtomicFile.write(recipe, to: path)
  }
}

extension Compute {
  /// What a recipe computes with.
  convenience init(threads: Int?, precision: Recipe.Precision) throws {
    self.init(
      pool: threads.map { ThreadPool(threads: $0) } ?? ThreadPool(),
      engine: try MatrixEngines.make(precision: precision.tensorPrecision), arena: try Arena.unplanned())
  }
}

extension SelfRewardRecipe.Model {
  /// Which parameters learn.
  func method(over checkpoint: Checkpoint) throws -> TunedModel.Method {
    try adapter.map { .lowRank(try $0.configuration(over: checkpoint.configuration)) } ?? .full
  }
}
