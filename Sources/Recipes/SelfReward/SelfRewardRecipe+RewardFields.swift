import Foundation

// MARK: - Reading

extension SelfRewardRecipe.Reward {
  /// Reads one reward; nil when it names no kind.
  init?(_ section: Section) {
    defer { section.finish() }
    guard let kind = section.choice("kind", Kind.self) else {
      if !section.hasValue("kind") { section.problem("\(section.name).kind is missing") }
      return nil
    }
    self.init(kind: kind)
    weight = section.number("weight", in: 0...1e300, excludingLower: true) ?? weight
    if kind.hasRubric { rubric = section.rubric("rubric") ?? rubric }
    if kind.hasLikelihood {
      isLengthNormalized = section.boolean("length_normalized") ?? isLengthNormalized
    }
    if kind.isOutside { readOutside(section) }
    switch kind {
    case .sampled:
      samples = section.integer("samples", in: 1...1000) ?? samples
      temperature = section.number("temperature", in: 0...100) ?? temperature
      topP = section.number("top_p", in: 0...1, excludingLower: true) ?? topP
      maximumTokens = section.integer("max_tokens", in: 1...Int.max) ?? maximumTokens
    case .statementExpected: numbers = section.range("numbers", in: 0...999) ?? numbers
    case .calculator:
      let score = section.number("without_equations", in: -1e300...1e300)
      if section.isWritten("without_equations") { scoreWithoutEquations = score }
    case .implicit: beta = section.number("beta", in: 0...1000, excludingLower: true) ?? beta
    case .pairwise: counting = section.choice("counting", SelfRewardRecipe.Counting.self) ?? counting
    case .statement, .statementMean, .statementLeast, .vote, .likelihood, .verifier, .expectedScore,
      .command, .http:
      break
    }
  }

  private mutating func readOutside(_ section: Section) {
    let name = section.name
    if kind == .command {
      command = section.strings("command") ?? command
      if command.first?.isEmpty ?? true {
        section.problem(
          "\(name).command is missing", key: "command",
          advice: "name the program and what it is given, such as [python3, judge.py]")
      }
    } else {
      address = section.string("url") ?? address
      let scheme = URL(string: address)?.scheme ?? ""
      if !["http", "https"].contains(scheme) || URL(string: address)?.host == nil {
        section.problem(
          address.isEmpty ? "\(name).url is missing" : "\(name).url is \"\(address)\", no address of a judge",
          key: "url", advice: "write http://host:port/path")
      }
    }
    retries.attempts = section.integer("attempts", in: 1...1000) ?? retries.attempts
    retries.timeout = section.number("timeout", in: 0...1e6, excludingLower: true) ?? retries.timeout
    retries.firstDelay = section.number("first_delay", in: 0...1e6) ?? retries.firstDelay
    retries.delayFactor = section.number("delay_factor", in: 1...1e3) ?? retries.delayFactor
    retries.longestDelay = section.number("longest_delay", in: 0...1e6) ?? retries.longestDelay
    retries.patience = section.integer("patience", in: 1...Int.max) ?? retries.patience
  }
}

extension Section {
  private enum RubricName: String, CaseIterable { case additive, short }

  /// A rubric: the name of one that ships, or a section with the user's own, as text or as a file of it.
  func rubric(_ key: String) -> SelfRewardRecipe.Rubric? {
    guard isSection(key) else {
      switch choice(key, RubricName.self) {
      case nil: return nil
      case .additive: return .additive
      case .short: return .short
      }
    }
    let own = section(key)
    defer { own.finish() }
    let (text, file) = (own.string("text"), own.string("file"))
    let scores = own.range("scores", in: 0...1000)
    let label = own.string("label")
    guard (text != nil) != (file != nil) else {
      own.problem("\(own.name) needs text or file", advice: "write one of them, or additive or short")
      return nil
    }
    guard let found = text ?? file.flatMap({ try? String(contentsOfFile: $0, encoding: .utf8) }) else {
      own.problem("\(own.name).file can't be read: \(file ?? "")", key: "file")
      return nil
    }
    if !found.contains("{response}") {
      own.problem(
        "\(own.name) has no {response}", key: text == nil ? "file" : "text",
        advice: "write {prompt} and {response} where the question and its answer are to stand")
    }
    if let label, !label.contains(where: \.isLetter) {
      own.problem(
        "\(own.name).label is \"\(label)\", which has no letter", key: "label",
        advice: "write a word that a reply says before its score, such as \"Score:\"")
    }
    var rubric = SelfRewardRecipe.OwnRubric(text: found)
    rubric.scores = scores ?? rubric.scores
    rubric.label = label ?? rubric.label
    if rubric.scores.first == rubric.scores.last {
      own.problem("\(own.name).scores has one score only", key: "scores", advice: "write [least, most]")
    }
    return .own(rubric)
  }
}

// MARK: - Writing

extension SelfRewardRecipe.Reward {
  func write(to writer: inout RecipeWriter) {
    writer.field("kind", kind.rawValue)
    writer.field("weight", weight.recipeText)
    if kind.hasRubric { writer.rubric(rubric) }
    if kind.hasLikelihood { writer.field("length_normalized", "\(isLengthNormalized)") }
    if kind == .command { writer.list("command", command) }
    if kind == .http { writer.text("url", address) }
    if kind.isOutside { writeRetries(to: &writer) }
    switch kind {
    case .sampled:
      writer.field("samples", "\(samples)")
      writer.field("temperature", temperature.recipeText)
      writer.field("top_p", topP.recipeText)
      writer.field("max_tokens", "\(maximumTokens)")
    case .statementExpected: writer.field("numbers", "\(numbers)")
    case .calculator: writer.field("without_equations", scoreWithoutEquations?.recipeText)
    case .implicit: writer.field("beta", beta.recipeText)
    case .pairwise: writer.field("counting", counting.rawValue)
    case .statement, .statementMean, .statementLeast, .vote, .likelihood, .verifier, .expectedScore,
      .command, .http:
      break
    }
  }

  private func writeRetries(to writer: inout RecipeWriter) {
    writer.field("attempts", "\(retries.attempts)")
    writer.field("timeout", retries.timeout.recipeText)
    writer.field("first_delay", retries.firstDelay.recipeText)
    writer.field("delay_factor", retries.delayFactor.recipeText)
    writer.field("longest_delay", retries.longestDelay.recipeText)
    writer.field("patience", "\(retries.patience)")
  }
}

extension RecipeWriter {
  mutating func rubric(_ rubric: SelfRewardRecipe.Rubric) {
    switch rubric {
    case .additive: field("rubric", "additive")
    case .short: field("rubric", "short")
    case .own(let own):
      section("rubric") { writer in
        writer.text("text", own.text)
        writer.field("scores", "\(own.scores)")
        writer.text("label", own.label)
      }
    }
  }
}
