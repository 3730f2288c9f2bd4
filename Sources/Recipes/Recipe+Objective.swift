extension Recipe {
  /// What is minimised.
  public struct Objective: Sendable, Hashable {
    /// Learn which of two answers is better; nil: learn the next token.
    public var preference: Preference?
    /// The ensemble that the trained model's logits are part of; nil: they stand alone.
    public var through: Through?
    /// Learn what the large model says that the small one is made of; nil: don't.
    public var distillation: Distillation?

    public init(preference: Preference? = nil, through: Through? = nil, distillation: Distillation? = nil) {
      self.preference = preference
      self.through = through
      self.distillation = distillation
    }
  }

  /// How preferences are learnt.
  public struct Preference: Sendable, Hashable {
    public enum Loss: String, Sendable, Hashable, CaseIterable {
      case sigmoid, hinge, ipo, robust, simpo, orpo, kto
    }

    /// Which model the trained one is compared with.
    public enum Reference: Sendable, Hashable {
      /// Where the run begins.
      case start
      /// The same without its adapter.
      case base
      /// A checkpoint folder or a GGUF file.
      case path(String)
    }

    public var loss = Loss.sigmoid
    /// The strength of the reward; ORPO's λ.
    public var beta = 0.1
    /// The share of pairs that may be the wrong way round (sigmoid, robust).
    public var labelSmoothing = 0.0
    /// The weight of the chosen answer's negative log-likelihood per token.
    public var likelihoodWeight = 0.0
    /// Whether log-probabilities count per token; ipo, simpo and orpo always take them so.
    public var isLengthNormalized = false
    /// SimPO's target margin γ.
    public var margin = 1.0
    /// What good and bad examples weigh (kto).
    public var desirable = 1.0
    public var undesirable = 1.0
    public var reference = Reference.start

    public init() {}
  }

  /// An ensemble whose other two models stay as they are: z_base + α (z_expert − z_antiexpert).
  public struct Through: Sendable, Hashable {
    /// How the other models' logits are kept.
    public enum Storage: String, Sendable, Hashable, CaseIterable {
      case float16, float32
    }

    /// The large model.
    public var base: String
    /// The small model before tuning; nil for the one that the run begins at, without its adapter.
    public var antiexpert: String?
    public var alpha = 1.0
    public var storage = Storage.float16
    /// How many of the base's likeliest tokens are kept of each position, with the mass of the others; nil: all tokens.
    public var top: Int?
    /// The file with the other models' logits; nil: in the run's folder.
    public var cache: String?
  }
}

extension Recipe.Preference.Loss {
  /// The keys that this loss alone, or not every loss, has.
  fileprivate var keys: Set<String> {
    switch self {
    case .sigmoid, .robust: ["label_smoothing", "length_normalized", "reference"]
    case .hinge: ["length_normalized", "reference"]
    case .ipo: ["reference"]
    case .simpo: ["margin"]
    case .orpo: []
    case .kto: ["desirable", "undesirable", "length_normalized", "reference"]
    }
  }
}

// MARK: - Reading

extension Recipe.Objective {
  private enum Kind: String, CaseIterable {
    case nextToken = "next-token"
    case preference
    case distill
  }

  init(_ section: Section, kind recipe: Recipe.Kind) {
    let kind = section.choice("kind", Kind.self) ?? (recipe == .distill ? .distill : .nextToken)
    if (kind == .distill) != (recipe == .distill) {
      section.problem(
        "objective.kind \(kind.rawValue) in a recipe of kind \(recipe.rawValue)", key: "kind",
        advice: "leave it out, or see the recipe distill/smollm2")
    }
    let preference = Recipe.Preference(section, isWanted: kind == .preference)
    self.preference = kind == .preference ? preference : nil
    let distillation = Recipe.Distillation(section, isWanted: kind == .distill)
    self.distillation = kind == .distill ? distillation : nil
    through = section.hasValue("through") ? Recipe.Through(section.section("through")) : nil
    if through != nil, kind == .distill {
      section.problem(
        "objective.through in a recipe of kind distill", key: "through",
        advice: "an expert is trained through an ensemble; this makes what it begins at")
    }
    section.finish()
  }
}

extension Recipe.Preference {
  /// Reads the keys of a preference objective; where none is wanted, every one of them is a problem.
  init(_ section: Section, isWanted: Bool) {
    loss = section.choice("loss", Loss.self) ?? loss
    beta = section.number("beta", in: 0...1000, excludingLower: true) ?? (loss == .simpo ? 2 : beta)
    labelSmoothing =
      section.number("label_smoothing", in: 0...(loss == .robust ? 0.49 : 0.5)) ?? labelSmoothing
    likelihoodWeight = section.number("nll", in: 0...1e300) ?? likelihoodWeight
    isLengthNormalized = section.boolean("length_normalized") ?? isLengthNormalized
    margin = section.number("margin", in: 0...1e300) ?? margin
    desirable = section.number("desirable", in: 0...1e300) ?? desirable
    undesirable = section.number("undesirable", in: 0...1e300) ?? undesirable
    reference = section.string("reference").map(Reference.init) ?? reference
    let everyLoss: Set<String> = ["loss", "beta", "nll"]
    let someLoss = Loss.allCases.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
    for key in everyLoss.union(someLoss).sorted() where section.hasValue(key) {
      if !isWanted {
        section.problem(
          "objective.\(key) without objective.kind: preference", key: key,
          advice: "write kind: preference, or leave it out")
      } else if someLoss.contains(key), !loss.keys.contains(key) {
        section.problem(
          "\(section.name).\(key) with loss \(loss.rawValue), which has none", key: key,
          advice: "leave it out, or set it to null")
      }
    }
  }
}

extension Recipe.Preference.Reference {
  init(_ text: String) {
    switch text {
    case "start": self = .start
    case "base": self = .base
    default: self = .path(text)
    }
  }

  var text: String {
    switch self {
    case .start: "start"
    case .base: "base"
    case .path(let path): path
    }
  }
}

extension Recipe.Through {
  init(_ section: Section) {
    base = section.string("base") ?? ""
    if !section.hasValue("base") {
      section.problem("objective.through.base is missing", advice: "name the large model")
    }
    antiexpert = section.string("antiexpert")
    // At 0 the expert has no part in the ensemble, and nothing to learn of it.
    alpha = section.number("alpha", in: 0...1000, excludingLower: true) ?? alpha
    storage = section.choice("storage", Storage.self) ?? storage
    top = section.integer("top", in: 1...1_000_000)
    cache = section.string("cache")
    section.finish()
  }
}

// MARK: - Writing

extension Recipe.Objective {
  func write(to writer: inout RecipeWriter) {
    writer.field(
      "kind", preference != nil ? "preference" : distillation != nil ? "distill" : "next-token")
    preference?.write(to: &writer)
    distillation?.write(to: &writer)
    guard let through else { return }
    writer.section("through") { writer in
      writer.text("base", through.base)
      if let antiexpert = through.antiexpert { writer.text("antiexpert", antiexpert) }
      writer.field("alpha", through.alpha.recipeText)
      writer.field("storage", through.storage.rawValue)
      if let top = through.top { writer.field("top", "\(top)") }
      if let cache = through.cache { writer.text("cache", cache) }
    }
  }
}

extension Recipe.Preference {
  func write(to writer: inout RecipeWriter) {
    writer.field("loss", loss.rawValue)
    writer.field("beta", beta.recipeText)
    writer.field("nll", likelihoodWeight.recipeText)
    let keys = loss.keys
    if keys.contains("label_smoothing") { writer.field("label_smoothing", labelSmoothing.recipeText) }
    if keys.contains("length_normalized") { writer.field("length_normalized", "\(isLengthNormalized)") }
    if keys.contains("margin") { writer.field("margin", margin.recipeText) }
    if keys.contains("desirable") { writer.field("desirable", desirable.recipeText) }
    if keys.contains("undesirable") { writer.field("undesirable", undesirable.recipeText) }
    if keys.contains("reference") { writer.text("reference", reference.text) }
  }
}
