import Formats
import Foundation
import SelfReward

/// The folder of a run that can be gone on with.
enum OutputFolder {
  /// Makes a folder a recipe's own, and leaves the recipe in it.
  ///
  /// - Parameters:
  ///   - isResuming: Whether a run of the same recipe that lies there is gone on with.
  ///   - isSame: Whether a recipe that was found, other than word for word, makes the same.
  /// - Throws: `SelfRewardLoopError.folderInUse` when a run lies there, `otherRecipe` when it is another one's,
  ///   `noRecipe` when it is nobody knows whose.
  static func claim(
    _ folder: String, recipe: String, isResuming: Bool, isSame: (_ found: String, _ path: String) -> Bool
  ) throws {
    let path = folder + "/recipe.yaml"
    // A recipe alone is no run: one that was refused before it made anything leaves no more.
    let others = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter {
      $0 != "recipe.yaml"
    }
    let found = try? String(contentsOfFile: path, encoding: .utf8)
    if found == nil, others?.contains(where: isStage) == true {
      throw SelfRewardLoopError.noRecipe(path: folder)
    }
    if others?.isEmpty == false, let found {
      guard isResuming else { throw SelfRewardLoopError.folderInUse(path: folder) }
      guard found == recipe || isSame(found, path) else { throw SelfRewardLoopError.otherRecipe(path: path) }
    }
    try Folder.create(folder)
    try AtomicFile.write(recipe, to: path)
  }

  /// Whether a name is a folder's that runs make first: a seed's, or the baseline's.
  private static func isStage(_ name: String) -> Bool { name == "sft" || name.hasPrefix("seed-") }
}
