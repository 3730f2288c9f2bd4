extension SelfRewardRecipe {
  /// The resolved recipe as YAML, every default written out; reads back as the same recipe.
  public var yaml: String {
    var writer = RecipeWriter()
    writer.field("kind", Self.kind)
    writer.field("seed", "\(seed)")
    writer.field("seeds", "\(seeds)")
    writer.field("threads", threads.map { "\($0)" })
    writer.field("precision", precision.rawValue)
    writer.text("output", output)
    writer.field("rounds", "\(rounds)")
    writer.list("arms", arms.map(\.rawValue))
    writer.section("model") { writer in
      writer.text("path", model.path)
      writer.text("template", model.template)
      writer.section("adapter") { Recipe.write(model.adapter, to: &$0) }
    }
    writer.section("task") { writer in
      writer.field("kind", "arithmetic")
      writer.field("steps", "\(task.steps)")
      writer.field("largest", "\(task.largest)")
      writer.field("bags_percent", "\(task.bagsPercent)")
      writer.field("form", task.form.rawValue)
      writer.field("right", task.right.rawValue)
      writer.field("prompts", "\(task.prompts)")
      writer.field("validation", "\(task.validation)")
      writer.field("audit", "\(task.audit)")
      writer.field("test", "\(task.test)")
    }
    writer.section("start") { writer in
      writer.field("examples", "\(start.examples)")
      writer.field("steps", "\(start.steps)")
      writer.section("training") { Recipe.write(start.training, to: &$0) }
    }
    writer.section("candidates") { writer in
      writer.role(candidates.generator)
      writer.field("count", "\(candidates.count)")
      writer.field("temperature", candidates.temperature.recipeText)
      writer.field("top_p", candidates.topP.recipeText)
      writer.field("max_tokens", "\(candidates.maximumTokens)")
      writer.field("stretch", "\(candidates.stretch)")
    }
    writer.section("judge") { writer in
      writer.role(judge.role)
      writer.field("combination", judge.combination.rawValue)
      writer.items("rewards", judge.rewards) { writer, reward in
        writer.field("kind", reward.kind.rawValue)
        writer.field("weight", reward.weight.recipeText)
      }
    }
    writer.section("pairs") { write(pairs, to: &$0) }
    writer.section("preference") { preference.write(to: &$0) }
    writer.field("replay_every", replayInterval.map { "\($0)" })
    writer.section("training") { Recipe.write(training, to: &$0) }
    writer.section("positive") { Recipe.write(positive, to: &$0) }
    writer.section("gate") { writer in
      writer.field("judge_auc", gate.areaUnderCurve.recipeText)
      writer.field("selection_gain", gate.selectionGain.recipeText)
      writer.field("pairs", "\(gate.pairs)")
      writer.field("enforce", "\(gate.enforce)")
    }
    writer.section("stop") { writer in
      writer.field("vote_share", stop.voteShare?.recipeText)
      writer.field("tie_rate", stop.tieRate?.recipeText)
      writer.field("length_drift", stop.lengthDrift?.recipeText)
      writer.field("entropy_floor", stop.entropyFloor?.recipeText)
      writer.field("rollback", "\(stop.rollback)")
    }
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private func write(_ pairs: Pairs, to writer: inout RecipeWriter) {
    writer.field("margin", pairs.margin.recipeText)
    writer.field("floor", pairs.floor?.recipeText)
    writer.field("length_control", pairs.lengthControl.rawValue)
    writer.field("band", pairs.band.recipeText)
    writer.field("weights", pairs.weights.rawValue)
    writer.field("votes", "[\(pairs.votes.map(\.recipeText).joined(separator: ", "))]")
    writer.field("agreement", "\(pairs.agreement)")
    writer.field("different_answers", "\(pairs.differentAnswers)")
    writer.field("anchored", "\(pairs.anchored)")
  }
}

extension RecipeWriter {
  /// Who plays a section's part.
  fileprivate mutating func role(_ role: SelfRewardRecipe.Role) {
    switch role {
    case .base: field("role", "base")
    case .start: field("role", "start")
    case .current: field("role", "current")
    case .path(let path):
      field("role", "path")
      text("path", path)
    case .proxied(let large, let alpha):
      field("role", "proxied")
      text("large", large)
      field("alpha", alpha.recipeText)
    }
  }
}
