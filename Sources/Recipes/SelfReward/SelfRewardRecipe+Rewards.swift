extension SelfRewardRecipe {
  /// A reward and its share.
  public struct Reward: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      case statement, statementMean = "statement-mean", statementLeast = "statement-least"
      case calculator, vote, likelihood, implicit, verifier, pairwise
      case expectedScore = "expected-score"
      /// The paper's: a judge that speaks, several times.
      case sampled
    }

    public var kind: Kind
    public var weight = 1.0
    /// How a judge is asked (expected-score, sampled).
    public var rubric = Rubric.short
    /// How often and how freely it speaks (sampled).
    public var samples = 3
    public var temperature = 0.7
    public var topP = 0.9
    public var maximumTokens = 256

    public init(kind: Kind) {
      self.kind = kind
      if kind == .sampled { rubric = .additive }
    }
  }

  /// How a judge is asked for a score.
  public enum Rubric: String, Sendable, Hashable, CaseIterable { case additive, short }
}

extension SelfRewardRecipe.Reward.Kind {
  /// Whether it needs a problem's statement, or numbers for answers.
  var isForArithmetic: Bool {
    switch self {
    case .statement, .statementMean, .statementLeast, .calculator, .vote: true
    case .likelihood, .implicit, .verifier, .pairwise, .expectedScore, .sampled: false
    }
  }

  fileprivate var hasRubric: Bool { self == .expectedScore || self == .sampled }
}

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
    if kind.hasRubric { rubric = section.choice("rubric", SelfRewardRecipe.Rubric.self) ?? rubric }
    guard kind == .sampled else { return }
    samples = section.integer("samples", in: 1...1000) ?? samples
    temperature = section.number("temperature", in: 0...100) ?? temperature
    topP = section.number("top_p", in: 0...1, excludingLower: true) ?? topP
    maximumTokens = section.integer("max_tokens", in: 1...Int.max) ?? maximumTokens
  }

  func write(to writer: inout RecipeWriter) {
    writer.field("kind", kind.rawValue)
    writer.field("weight", weight.recipeText)
    if kind.hasRubric { writer.field("rubric", rubric.rawValue) }
    guard kind == .sampled else { return }
    writer.field("samples", "\(samples)")
    writer.field("temperature", temperature.recipeText)
    writer.field("top_p", topP.recipeText)
    writer.field("max_tokens", "\(maximumTokens)")
  }
}
