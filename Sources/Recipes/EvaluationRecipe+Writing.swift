extension EvaluationRecipe {
  /// The resolved recipe as YAML, every default written out; reads back as the same recipe.
  public var yaml: String {
    var writer = RecipeWriter()
    writer.field("kind", Self.kind)
    writer.field("seed", "\(seed)")
    writer.field("threads", threads.map { "\($0)" })
    writer.field("precision", precision.rawValue)
    writer.text("output", output)
    writer.section("systems") { writer in
      writer.text("base", systems.base)
      if !systems.experts.isEmpty { writer.list("expert", systems.experts) }
      for (key, path) in [
        ("antiexpert", systems.antiexpert), ("through", systems.through), ("tuned", systems.tuned),
      ] {
        if let path { writer.text(key, path) }
      }
    }
    switch alpha {
    case .automatic: writer.field("alpha", "auto")
    case .fixed(let value): writer.field("alpha", value.recipeText)
    }
    writer.field("alphas", "[\(alphas.map(\.recipeText).joined(separator: ", "))]")
    writer.field("plausibility", plausibility?.recipeText)
    writer.field("divergence", divergence?.recipeText)
    writer.items("tasks", tasks) { writer, task in write(task, to: &writer) }
    for (key, judge) in [
      ("judge", judge), ("classifier", classifier), ("information_classifier", informationClassifier),
    ] {
      guard let judge else { continue }
      writer.section(key) { writer in
        switch judge {
        case .model(let path): writer.text("model", path)
        case .command(let command): writer.text("command", command)
        case .http(let address, let timeout, let attempts):
          writer.text("http", address)
          writer.field("timeout", timeout.recipeText)
          writer.field("attempts", "\(attempts)")
        }
      }
    }
    writer.field("sandbox", sandbox.rawValue)
    writer.field("examples", "\(examples)")
    writer.field("batch_rows", "\(batchRows)")
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private func write(_ task: Task, to writer: inout RecipeWriter) {
    writer.text("task", task.name)
    writer.text("data", task.data)
    write(task.rows, to: &writer)
    if let development = task.development {
      writer.section("development") { write(development, to: &$0) }
    }
    if let template = task.template { writer.text("template", template) }
    if let tokens = task.maximumTokens { writer.field("max_tokens", "\(tokens)") }
    if let sampling = task.sampling {
      writer.section("sampling") { writer in
        writer.field("samples", "\(sampling.samples)")
        writer.field("tries", "\(sampling.tries)")
        writer.field("temperature", sampling.temperature.recipeText)
        writer.field("top_p", sampling.topP.recipeText)
      }
    }
    if let interpreter = task.interpreter { writer.text("interpreter", interpreter) }
    if !task.columns.isEmpty {
      writer.section("columns") { writer in
        for column in task.columns { writer.text(column.name, column.form) }
      }
    }
    if let rule = task.rule { writer.text("rule", rule) }
    if let stops = task.stops { writer.list("stops", stops) }
  }

  private func write(_ rows: Rows, to writer: inout RecipeWriter) {
    writer.text("split", rows.split)
    writer.field("skip", "\(rows.skip)")
    if let limit = rows.limit { writer.field("limit", "\(limit)") }
  }
}
