extension InstructionRecipe {
  /// The resolved recipe as YAML, every default written out; reads back as the same recipe.
  public var yaml: String {
    var writer = RecipeWriter()
    writer.field("kind", SelfRewardRecipe.kind)
    writer.field("seed", "\(seed)")
    writer.field("threads", threads.map { "\($0)" })
    writer.field("precision", precision.rawValue)
    writer.text("output", output)
    writer.field("rounds", "\(rounds)")
    writer.section("model") { model.write(to: &$0) }
    writer.section("task") { task.write(to: &$0) }
    writer.section("baseline") { Recipe.write(baseline, to: &$0) }
    writer.section("judge_data") { judgeData.write(to: &$0) }
    writer.section("start") { Recipe.write(start, to: &$0) }
    writer.section("writer") { self.writer.write(to: &$0) }
    writer.section("candidates") { candidates.write(to: &$0) }
    writer.section("judge") { judge.write(to: &$0) }
    writer.section("pairs") { pairs.write(to: &$0) }
    writer.section("preference") { preference.write(to: &$0) }
    writer.field("replay_every", replayInterval.map { "\($0)" })
    writer.section("training") { Recipe.write(training, to: &$0) }
    writer.section("agreement") { agreement.write(to: &$0) }
    writer.section("stop") { stop.write(to: &$0) }
    return writer.lines.joined(separator: "\n") + "\n"
  }
}

extension InstructionRecipe.Task {
  fileprivate func write(to writer: inout RecipeWriter) {
    writer.field("kind", SelfRewardTask.instruction.rawValue)
    writer.text("path", path)
    writer.text("split", split)
    writer.field("limit", limit.map { "\($0)" })
    writer.field("max_length", "\(maximumLength)")
    writer.field("prompts", "\(prompts)")
    writer.field("validation", "\(validation)")
    writer.field("head_to_head", "\(headToHead)")
  }
}

extension InstructionRecipe.JudgeData {
  fileprivate func write(to writer: inout RecipeWriter) {
    writer.rubric(rubric)
    writer.field("most_common_ratio", mostCommonRatio.recipeText)
    writer.section("ranked") { writer in
      if let path = ranked.path { writer.text("path", path) }
      writer.field("limit", "\(ranked.limit)")
      writer.field("attempts", "\(ranked.attempts)")
      writer.field("temperature", ranked.temperature.recipeText)
      writer.field("top_p", ranked.topP.recipeText)
      writer.field("max_tokens", "\(ranked.maximumTokens)")
    }
    writer.section("corrupted") { writer in
      writer.field("answers", "\(corrupted.answers)")
      writer.field("corruptions", "\(corrupted.corruptions)")
      writer.field("form", corrupted.form.rawValue)
    }
  }
}

extension InstructionRecipe.Writer {
  fileprivate func write(to writer: inout RecipeWriter) {
    writer.role(role)
    writer.field("seed_examples", "\(seedExamples)")
    writer.field("generated_examples", "\(generatedExamples)")
    writer.field("longest_seed", "\(longestSeed)")
    writer.field("temperature", temperature.recipeText)
    writer.field("top_p", topP.recipeText)
    writer.field("max_tokens", "\(maximumTokens)")
    writer.field("wave", "\(wave)")
    writer.field("attempts", "\(attempts)")
    writer.text("introduction", introduction)
    writer.text("label", label)
    writer.section("filter") { writer in
      writer.field("overlap", filter.overlap.recipeText)
      writer.field("words", "\(filter.words)")
      writer.list("blocked", filter.blocked)
      writer.field("leading_punctuation", "\(filter.leadingPunctuation)")
      writer.field("leading_non_ascii", "\(filter.leadingNonASCII)")
    }
  }
}

extension InstructionRecipe.Agreement {
  fileprivate func write(to writer: inout RecipeWriter) {
    writer.list("data", data)
    writer.field("limit", limit.map { "\($0)" })
    writer.field("tie_margin", tieMargin.recipeText)
    writer.items("judges", judges) { writer, judge in judge.write(to: &writer) }
  }
}
