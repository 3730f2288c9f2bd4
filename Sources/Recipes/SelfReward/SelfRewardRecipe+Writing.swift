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
    writer.section("model") { model.write(to: &$0) }
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
      writer.field("judge_examples", "\(start.judgeExamples)")
      writer.field("judge_corruptions", "\(start.judgeCorruptions)")
      writer.section("training") { Recipe.write(start.training, to: &$0) }
    }
    writer.section("candidates") { candidates.write(to: &$0) }
    writer.section("judge") { judge.write(to: &$0) }
    writer.section("pairs") { pairs.write(to: &$0) }
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
    writer.section("stop") { stop.write(to: &$0) }
    return writer.lines.joined(separator: "\n") + "\n"
  }
}

extension SelfRewardRecipe.Model {
  func write(to writer: inout RecipeWriter) {
    writer.text("path", path)
    writer.text("template", template)
    writer.section("adapter") { Recipe.write(adapter, to: &$0) }
  }
}

extension SelfRewardRecipe.Candidates {
  func write(to writer: inout RecipeWriter) {
    writer.role(generator)
    writer.field("count", "\(count)")
    writer.field("temperature", temperature.recipeText)
    writer.field("top_p", topP.recipeText)
    writer.field("max_tokens", "\(maximumTokens)")
    writer.field("stretch", "\(stretch)")
  }
}

extension SelfRewardRecipe.Judge {
  func write(to writer: inout RecipeWriter) {
    writer.role(role)
    writer.field("combination", combination.rawValue)
    writer.items("rewards", rewards) { writer, reward in reward.write(to: &writer) }
  }
}

extension SelfRewardRecipe.Pairs {
  func write(to writer: inout RecipeWriter) {
    writer.field("margin", margin.recipeText)
    writer.field("floor", floor?.recipeText)
    writer.field("length_control", lengthControl.rawValue)
    writer.field("band", band.recipeText)
    writer.field("weights", weights.rawValue)
    writer.field("votes", "[\(votes.map(\.recipeText).joined(separator: ", "))]")
    writer.field("agreement", "\(agreement)")
    writer.field("different_answers", "\(differentAnswers)")
    writer.field("anchored", "\(anchored)")
  }
}

extension SelfRewardRecipe.Stop {
  func write(to writer: inout RecipeWriter) {
    writer.field("vote_share", voteShare?.recipeText)
    writer.field("tie_rate", tieRate?.recipeText)
    writer.field("length_drift", lengthDrift?.recipeText)
    writer.field("entropy_floor", entropyFloor?.recipeText)
    writer.field("rollback", "\(rollback)")
  }
}

extension RecipeWriter {
  /// Who plays a section's part.
  mutating func role(_ role: SelfRewardRecipe.Role) {
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
