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
  /// - Parameters:
  ///   - isResuming: Whether a run of the same recipe that lies there is gone on with.
  ///   - isSame: Whether a recipe that was found, other than word for word, makes the same.
  /// - Throws: `SelfRewardLoopError.folderInUse` when a run lies there, `otherRecipe` when it is another one's.
  static func claim(
    _ folder: String, recipe: String, isResuming: Bool, isSame: (_ found: String, _ path: String) -> Bool
  ) throws {
    let path = folder + "/recipe.yaml"
    // A recipe alone is no run: one that was refused before it made anything leaves no more.
    let others = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter {
      $0 != "recipe.yaml"
    }
    if others?.isEmpty == false, let found = try? String(contentsOfFile: path, encoding: .utf8) {
      guard isResuming else { throw SelfRewardLoopError.folderInUse(path: folder) }
      guard found == recipe || isSame(found, path) else { throw SelfRewardLoopError.otherRecipe(path: path) }
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
