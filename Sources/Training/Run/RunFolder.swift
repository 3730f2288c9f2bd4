import Formats
import Foundation

/// The folder of a run: the checkpoint that it publishes, its recipe, its logs and the states to resume from.
struct RunFolder {
  let path: String

  var recipePath: String { path + "/recipe.yaml" }
  var metricsPath: String { path + "/metrics.jsonl" }
  var statePath: String { path + "/state" }

  /// Makes the folder ready for a run of so many steps and returns what people should be warned of.
  ///
  /// The recipe is left in it by `keep`, once nothing stands in the run's way any more.
  ///
  /// - Throws: `TrainingError` when other work, or an unfinished run, lies there and `mode` doesn't allow for it.
  func open(recipe: String, mode: FineTuning.Mode, totalSteps: Int) throws -> [String] {
    try check(recipe: recipe, mode: mode, totalSteps: totalSteps)
    var warnings: [String] = []
    if mode != .resume {
      try clear()
    } else if let foundRecipe, foundRecipe != recipe {
      warnings.append("the recipe has changed since the run began")
    }
    try Folder.create(path)
    return warnings
  }

  /// Leaves the recipe in the folder: this is its run now.
  func keep(recipe: String) throws { try AtomicFile.write(recipe, to: recipePath) }

  /// Throws what `open` would, and touches nothing.
  func check(recipe: String, mode: FineTuning.Mode, totalSteps: Int) throws {
    switch mode {
    case .begin:
      // What lies here without a recipe isn't a run's: it may be what somebody tunes from.
      let isTaken = foundRecipe.map { $0 != recipe } ?? !writtenNames.isEmpty
      guard !isTaken else { throw TrainingError.folderInUse(path: path) }
      try refuseUnfinished(totalSteps: totalSteps)
    case .overwrite: break
    case .resume:
      if foundRecipe == nil, holdsModel { throw TrainingError.folderInUse(path: path) }
    }
  }

  private var foundRecipe: String? { try? String(contentsOfFile: recipePath, encoding: .utf8) }

  /// Hours of work aren't thrown away because a flag was forgotten.
  private func refuseUnfinished(totalSteps: Int) throws {
    guard let state = try? StateStore(folder: statePath).load().stored?.state, state.step < totalSteps,
      state.stopReason == nil
    else { return }
    throw TrainingError.unfinished(path: path, step: state.step, of: totalSteps)
  }

  private var holdsModel: Bool {
    ["config.json", "adapter_config.json"].contains {
      FileManager.default.fileExists(atPath: "\(path)/\($0)")
    }
  }

  /// Whether a run here would remove or replace an input: this folder, or a file of a run's in it.
  func isOverwriting(_ input: String) -> Bool {
    let url = URL(fileURLWithPath: input)
    return Folder.isSame(input, path)
      || Self.isWrittenByRuns(url.lastPathComponent)
        && Folder.isSame(url.deletingLastPathComponent().path, path)
  }

  /// What is here and has a name that runs write; the recipe, which shows whose it is, last.
  private var writtenNames: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let written = names.filter { Self.isWrittenByRuns($0) && $0 != "recipe.yaml" }
    return written + names.filter { $0 == "recipe.yaml" }
  }

  /// Removes what runs write, and nothing else.
  private func clear() throws {
    for name in writtenNames {
      do {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      } catch {
        throw FormatsError.system(path: "\(path)/\(name)", operation: "remove", code: EACCES)
      }
    }
  }

  private static func isWrittenByRuns(_ name: String) -> Bool {
    let names: Set = [
      "recipe.yaml", "metrics.jsonl", "state", "report.html", "trimtab.json", "config.json",
      "generation_config.json", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json",
      "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json",
    ]
    // What a killed process was writing.
    let isPartial = name.hasPrefix(".") && name.hasSuffix(".partial")
    return names.contains(name) || isPartial || name.hasPrefix("events.out.tfevents.")
      || name.hasPrefix("model")
        && (name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json"))
  }
}
