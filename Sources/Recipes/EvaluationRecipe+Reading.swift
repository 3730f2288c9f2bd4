import Diagnostics
import Foundation

extension EvaluationRecipe: RecipeFile {
  /// What a recipe of this kind says it is.
  public static let kind = "evaluate"
  private enum Kind: String, CaseIterable { case evaluate }

  /// Reads a recipe's text; `path` is what messages call it, and where the files lie that it names by `file`.
  public init(yaml: String, path: String, overrides: [String] = []) throws {
    let reader = try RecipeReader(yaml: yaml, path: path, overrides: overrides, command: Self.kind)
    let top = reader.top
    _ = top.choice("kind", Kind.self)
    if !top.hasValue("kind") { top.problem("kind is missing", advice: "write kind: evaluate") }
    seed = UInt64(top.integer("seed", in: 0...Int.max) ?? 0)
    threads = top.integer("threads", in: 1...1024)
    precision = top.choice("precision", Recipe.Precision.self) ?? .auto
    output = top.string("output") ?? ""
    if !top.hasValue("output") { top.problem("output is missing", advice: "name the folder of the results") }
    systems = Systems(top.section("systems"))
    alpha = EvaluationRecipe.alpha(top)
    alphas = (top.strings("alphas") ?? []).compactMap { text in
      let number = EvaluationRecipe.strength(text)
      if number == nil { top.problem("alphas holds \"\(text)\", expected numbers", key: "alphas") }
      return number
    }
    plausibility = top.number("plausibility", in: 0...1, excludingLower: true)
    divergence = top.number("divergence", in: 0...1e300)
    tasks = (top.sections("tasks") ?? []).map {
      Task($0, folder: (path as NSString).deletingLastPathComponent)
    }
    if tasks.isEmpty { top.problem("tasks is missing", key: "tasks", advice: "list one task at least") }
    judge = Judge.read(top, "judge")
    classifier = Judge.read(top, "classifier")
    informationClassifier = Judge.read(top, "information_classifier")
    sandbox = top.choice("sandbox", Isolation.self) ?? .namespaces
    examples = top.integer("examples", in: 0...1000) ?? 8
    batchRows = top.integer("batch_rows", in: 1...4096) ?? 32
    if alpha == .automatic, systems.experts.isEmpty {
      top.problem("alpha is auto without systems.expert", key: "alpha", advice: "name the expert")
    }
    try reader.finish()
  }

  private static func alpha(_ top: Section) -> Alpha {
    guard let text = top.string("alpha") else { return .fixed(1) }
    if text == "auto" { return .automatic }
    let number = strength(text)
    if number == nil { top.problem("alpha is \"\(text)\", expected a number or auto", key: "alpha") }
    return .fixed(number ?? 1)
  }

  /// The strength that a text says; nil where it is no number.
  public static func strength(_ text: String) -> Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

extension EvaluationRecipe.Systems {
  init(_ section: Section) {
    base = section.string("base") ?? ""
    if !section.hasValue("base") {
      section.problem("systems.base is missing", advice: "name a checkpoint folder or a .gguf file")
    }
    experts = section.strings("expert") ?? []
    antiexpert = section.string("antiexpert")
    through = section.string("through")
    tuned = section.string("tuned")
    if antiexpert != nil, experts.isEmpty, through == nil {
      section.problem(
        "systems.antiexpert without systems.expert", key: "antiexpert", advice: "name the expert")
    }
    section.finish()
  }
}

extension EvaluationRecipe.Rows {
  init(_ section: Section, usual: EvaluationRecipe.Rows) {
    split = section.string("split") ?? usual.split
    skip = section.integer("skip", in: 0...Int.max) ?? usual.skip
    limit = section.integer("limit", in: 1...Int.max) ?? usual.limit
  }

  /// All rows of a split.
  init(split: String) { self.init(split: split, skip: 0, limit: nil) }
}

extension EvaluationRecipe.Task {
  /// One task; what a `file` beside the recipe says comes first, and this section's own keys on top.
  init(_ section: Section, folder: String) {
    let own = section.string("file").flatMap { file in
      section.included(file.hasPrefix("/") || folder.isEmpty ? file : "\(folder)/\(file)", key: "file")
    }
    defer { own?.finish() }
    // Both are read, so that a key of the file that stands here too isn't taken for an unknown one.
    func value<Value>(_ read: (Section) -> Value?) -> Value? {
      let usual = own.flatMap(read)
      return read(section) ?? usual
    }
    name = value { $0.string("task") } ?? ""
    if name.isEmpty {
      section.problem("\(section.name).task is missing", advice: "trimtab evaluate --tasks lists them")
    }
    data = value { $0.string("data") } ?? ""
    if data.isEmpty {
      section.problem(
        "\(section.name).data is missing", advice: "name a data set; trimtab data import makes one")
    }
    let all = EvaluationRecipe.Rows(split: "test")
    rows = EvaluationRecipe.Rows(section, usual: own.map { EvaluationRecipe.Rows($0, usual: all) } ?? all)
    development = value { section in
      let rows = section.section("development")
      defer { rows.finish() }
      let chosen = EvaluationRecipe.Rows(rows, usual: EvaluationRecipe.Rows(split: "validation"))
      return section.hasValue("development") ? chosen : nil
    }
    template = value { $0.string("template") }
    maximumTokens = value { $0.integer("max_tokens", in: 1...1_000_000) }
    sampling = value { EvaluationRecipe.Sampling.read($0) }
    interpreter = value { $0.string("interpreter") }
    columns = (value { $0.texts("columns") } ?? []).map {
      EvaluationRecipe.Column(name: $0.key, form: $0.value)
    }
    rule = value { $0.string("rule") }
    stops = value { $0.strings("stops") }
    section.finish()
  }
}

extension EvaluationRecipe.Sampling {
  static func read(_ parent: Section) -> EvaluationRecipe.Sampling? {
    let section = parent.section("sampling")
    defer { section.finish() }
    let samples = section.integer("samples", in: 1...10_000) ?? 1
    let tries = section.integer("tries", in: 1...10_000) ?? 1
    if tries > samples { section.problem("tries \(tries) of \(samples) samples", key: "tries") }
    let sampling = EvaluationRecipe.Sampling(
      samples: samples, tries: tries, temperature: section.number("temperature", in: 0...100) ?? 0,
      topP: section.number("top_p", in: 0...1, excludingLower: true) ?? 1)
    return parent.hasValue("sampling") ? sampling : nil
  }
}

extension EvaluationRecipe.Judge {
  private static let kinds = ["model", "command", "http"]

  static func read(_ parent: Section, _ key: String) -> EvaluationRecipe.Judge? {
    let section = parent.section(key)
    defer { section.finish() }
    let given = kinds.compactMap { kind in section.string(kind).map { (kind: kind, text: $0) } }
    let timeout = section.number("timeout", in: 0...86_400, excludingLower: true)
    let attempts = section.integer("attempts", in: 1...1000)
    guard let judge = given.first else {
      if parent.hasValue(key) {
        section.problem("\(key) names nobody", advice: "give \(kinds.joined(separator: ", ")), one of them")
      }
      return nil
    }
    if given.count > 1 {
      section.problem(
        "\(key) names a \(given.map(\.kind).joined(separator: " and a "))", key: given[1].kind,
        advice: "keep one")
    }
    if judge.kind != "http", timeout != nil || attempts != nil {
      section.problem(
        "\(key).\(timeout == nil ? "attempts" : "timeout") is for http",
        key: timeout == nil ? "attempts" : "timeout")
    }
    switch judge.kind {
    case "model": return .model(judge.text)
    case "command": return .command(judge.text)
    default: return .http(judge.text, timeout: timeout ?? 30, attempts: attempts ?? 3)
    }
  }
}
