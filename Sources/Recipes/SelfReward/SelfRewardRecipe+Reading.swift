import Diagnostics
import Foundation

extension SelfRewardRecipe: RecipeFile {
  /// What the key `kind` says in such a recipe.
  public static let kind = "selfreward"

  /// Reads a recipe's text; `path` is what messages call it.
  public init(yaml: String, path: String, overrides: [String] = []) throws {
    let reader = try RecipeReader(yaml: yaml, path: path, overrides: overrides, command: Self.kind)
    let top = reader.top
    if top.string("kind") != Self.kind {
      top.problem("kind isn't \(Self.kind)", key: "kind", advice: "trimtab finetune runs the other kinds")
    }
    seed = UInt64(top.integer("seed", in: 0...Int(Int32.max)) ?? 0)
    seeds = top.integer("seeds", in: 1...1000) ?? 1
    threads = top.integer("threads", in: 1...1024)
    precision = top.choice("precision", Recipe.Precision.self) ?? .auto
    output = top.string("output") ?? ""
    if !top.hasValue("output") { top.problem("output is missing", advice: "name the run's folder") }
    rounds = top.integer("rounds", in: 1...100) ?? 2
    arms = top.choices("arms", Arm.self) ?? [.own]
    model = Model(top.section("model"))
    task = Task(top.section("task"))
    start = Start(top.section("start"))
    candidates = Candidates(top.section("candidates"))
    judge = Judge(top.section("judge"))
    if start.judgeExamples > 0, judge.rubric == nil {
      top.problem(
        "start.judge_examples with rewards that have no rubric", key: "start",
        advice: "add a reward such as {kind: expected-score}, or leave them out")
    }
    let pairsSection = top.section("pairs")
    pairs = Pairs(pairsSection)
    pairs.check(against: judge, pairsSection)
    preference = Self.preference(top.section("preference"))
    replayInterval = top.integer("replay_every", in: 1...1_000_000)
    training = top.roundTraining("training")
    positive = top.roundTraining("positive")
    gate = Gate(top.section("gate"))
    stop = Stop(top.section("stop"))
    try reader.finish()
  }

  /// How rounds learn preferences.
  static func preference(_ section: Section) -> Recipe.Preference {
    let preference = Recipe.Preference(section, isWanted: true)
    if preference.reference != .start {
      section.problem(
        "preference.reference in rounds", key: "reference",
        advice: "leave it out: a round's reference is the model that it begins with")
    }
    section.finish()
    return preference
  }
}

extension SelfRewardRecipe.Model {
  init(_ section: Section) {
    self.init()
    path = section.string("path") ?? path
    if !section.hasValue("path") {
      section.problem("model.path is missing", advice: "name a checkpoint folder or a .gguf file")
    }
    template = section.choice("template", Recipe.Data.Template.self)?.rawValue ?? template
    adapter = Recipe.Adapter.read(section.section("adapter"))
    section.finish()
  }
}

extension SelfRewardRecipe.Task {
  init(_ section: Section) {
    self.init()
    if section.choice("kind", SelfRewardTask.self) == .instruction {
      section.problem("task.kind is instruction, and this is read as a recipe for arithmetic", key: "kind")
    }
    steps = section.range("steps", in: 2...12) ?? steps
    largest = section.integer("largest", in: 4...15) ?? largest
    bagsPercent = section.integer("bags_percent", in: 0...100) ?? bagsPercent
    form = section.choice("form", Form.self) ?? form
    right = section.choice("right", Right.self) ?? right
    prompts = section.integer("prompts", in: 1...1_000_000) ?? prompts
    validation = section.integer("validation", in: 1...100_000) ?? validation
    audit = section.integer("audit", in: 1...100_000) ?? audit
    test = section.integer("test", in: 1...100_000) ?? test
    section.finish()
  }
}

extension SelfRewardRecipe.Start {
  init(_ section: Section) {
    self.init()
    examples = section.integer("examples", in: 0...1_000_000) ?? examples
    steps = section.range("steps", in: 2...12) ?? steps
    judgeExamples = section.integer("judge_examples", in: 0...1_000_000) ?? judgeExamples
    judgeCorruptions = section.integer("judge_corruptions", in: 1...4) ?? judgeCorruptions
    training = section.roundTraining("training")
    if judgeExamples > 0, examples == 0 {
      section.problem(
        "start.judge_examples without start.examples", key: "judge_examples",
        advice: "they are made of the start's examples: ask for some, or leave both out")
    }
    section.finish()
  }
}

extension SelfRewardRecipe.Candidates {
  init(_ section: Section) {
    self.init()
    count = section.integer("count", in: 2...1024) ?? count
    temperature = section.number("temperature", in: 0...100, excludingLower: true) ?? temperature
    topP = section.number("top_p", in: 0...1, excludingLower: true) ?? topP
    maximumTokens = section.integer("max_tokens", in: 1...Int.max) ?? maximumTokens
    generator = section.role() ?? generator
    stretch = section.integer("stretch", in: 1...100_000) ?? stretch
    section.finish()
  }
}

extension SelfRewardRecipe.Judge {
  init(_ section: Section) {
    self.init()
    role = section.role() ?? role
    combination = section.choice("combination", Combination.self) ?? combination
    let listed = section.sections("rewards") ?? []
    rewards = listed.compactMap { SelfRewardRecipe.Reward($0) }
    if listed.isEmpty {
      section.problem("judge.rewards is missing", advice: "such as [{kind: statement}, {kind: calculator}]")
    }
    if role == .base, rewards.contains(where: { $0.kind == .implicit }) {
      section.problem(
        "judge.rewards: implicit compares the judge with the base, and here it is the base", key: "rewards",
        advice: "write role: current, or another")
    }
    section.finish()
  }
}

extension SelfRewardRecipe.Pairs {
  init(_ section: Section) {
    self.init()
    margin = section.number("margin", in: 0...1e300) ?? margin
    floor = section.number("floor", in: -1e300...1e300)
    lengthControl = section.choice("length_control", LengthControl.self) ?? lengthControl
    band = section.number("band", in: 0...1) ?? band
    weights = section.choice("weights", Weights.self) ?? weights
    votes = section.numbers("votes", in: 0...1) ?? votes
    agreement = section.boolean("agreement") ?? agreement
    differentAnswers = section.boolean("different_answers") ?? differentAnswers
    anchored = section.boolean("anchored") ?? anchored
    if band != Self().band, lengthControl != .band {
      section.problem(
        "pairs.band goes with length_control: band", key: "band", advice: "write both or neither")
    }
    if anchored, weights == .votes {
      section.problem(
        "pairs.anchored with weights by votes", key: "weights",
        advice: "the rejected answer is another model's and has no votes: write weights: none")
    }
    if anchored, differentAnswers {
      section.problem(
        "pairs.anchored with different_answers", key: "different_answers",
        advice: "the rejected answer is another model's and is compared with none: leave one of them out")
    }
    section.finish()
  }
}

extension SelfRewardRecipe.Pairs {
  /// Reports pairs that ask for agreement where nobody is there to agree.
  func check(against judge: SelfRewardRecipe.Judge, _ section: Section) {
    guard agreement || weights == .agreement, judge.rewards.count == 1, judge.rewards[0].opinions < 2 else {
      return
    }
    section.problem(
      "pairs by agreement with a judge of one opinion", key: agreement ? "agreement" : "weights",
      advice: "list several judge.rewards, or one that judges several times: sampled")
  }
}

extension SelfRewardRecipe.Gate {
  init(_ section: Section) {
    self.init()
    areaUnderCurve = section.number("judge_auc", in: 0...1) ?? areaUnderCurve
    selectionGain = section.number("selection_gain", in: -1...1) ?? selectionGain
    pairs = section.integer("pairs", in: 0...Int.max) ?? pairs
    enforce = section.boolean("enforce") ?? enforce
    section.finish()
  }
}

extension SelfRewardRecipe.Stop {
  init(_ section: Section) {
    self.init()
    voteShare = section.number("vote_share", in: 0...1)
    tieRate = section.number("tie_rate", in: 0...1)
    lengthDrift = section.number("length_drift", in: 1...1e300)
    entropyFloor = section.number("entropy_floor", in: 0...1)
    rollback = section.boolean("rollback") ?? rollback
    section.finish()
  }
}

extension Section {
  private enum RoleName: String, CaseIterable { case base, start, current, path, proxied }

  /// How a stage of a run learns: nothing is validated on meanwhile, so that no key may ask for it.
  func roundTraining(_ key: String) -> Recipe.Training {
    let part = section(key)
    let training = Recipe.Training(part)
    let unknown = [
      ("validate_every", training.validateEvery != nil), ("keep_best", training.keepBest),
      ("early_stop_patience", training.earlyStopPatience != nil),
    ]
    for (name, isWritten) in unknown where isWritten {
      part.problem(
        "\(part.name).\(name) in rounds, whose trainings have no validation", key: name,
        advice: "leave it out")
    }
    return training
  }

  /// Who plays this section's part: `role`, with `path`, or `large` and `alpha`.
  func role() -> SelfRewardRecipe.Role? {
    let name = choice("role", RoleName.self)
    let path = string("path")
    let large = string("large")
    let alpha = number("alpha", in: -100...100)
    if (path != nil) != (name == .path) {
      problem("\(self.name).path goes with role: path", key: "path", advice: "write both or neither")
    }
    if (large != nil) != (name == .proxied) {
      problem("\(self.name).large goes with role: proxied", key: "large", advice: "write both or neither")
    }
    if alpha != nil, name != .proxied {
      problem(
        "\(self.name).alpha goes with role: proxied", key: "alpha", advice: "leave it out, or set it to null")
    }
    switch name {
    case nil: return nil
    case .base: return .base
    case .start: return .start
    case .current: return .current
    case .path: return .path(path ?? "")
    case .proxied: return .proxied(large: large ?? "", alpha: alpha ?? 1)
    }
  }

  /// Two whole numbers that rise, or one for both.
  func range(_ key: String, in range: ClosedRange<Int>) -> [Int]? {
    guard let numbers = numbers(key, in: Double(range.lowerBound)...Double(range.upperBound)) else {
      return nil
    }
    let ends = numbers.compactMap { Int(exactly: $0) }
    guard ends.count == numbers.count, let first = ends.first, let last = ends.last, ends.count <= 2,
      first <= last
    else {
      problem("\(name).\(key) isn't a range", key: key, advice: "write [least, most]")
      return nil
    }
    return [first, last]
  }

  /// A list of numbers; a single one counts as a list of one.
  func numbers(_ key: String, in range: ClosedRange<Double>) -> [Double]? {
    guard let texts = strings(key) else { return nil }
    return texts.compactMap { text in
      guard let number = Double(text), range.contains(number) else {
        problem(
          "\(name).\(key) has \"\(text)\", expected numbers from \(range.lowerBound.recipeText) to "
            + range.upperBound.recipeText, key: key)
        return nil
      }
      return number
    }
  }

  /// Words of an enumeration, each once.
  fileprivate func choices<Choice: RawRepresentable<String> & CaseIterable & Hashable>(
    _ key: String, _: Choice.Type
  ) -> [Choice]? {
    guard let texts = strings(key) else { return nil }
    let words = Choice.allCases.map(\.rawValue)
    if texts.isEmpty {
      problem("\(key) is empty", key: key, advice: "there are \(words.joined(separator: ", "))")
    }
    var choices: [Choice] = []
    for text in texts {
      guard let choice = Choice(rawValue: text) else {
        problem(
          "\(key) has \"\(text)\", expected \(words.joined(separator: ", "))", key: key,
          advice: nearest(to: text, among: words).map { "did you mean \"\($0)\"?" })
        continue
      }
      if choices.contains(choice) {
        problem("\(key) has \"\(text)\" twice", key: key)
      } else {
        choices.append(choice)
      }
    }
    return choices
  }
}
