import Diagnostics

/// A recipe of whichever kind its file is.
public enum AnyRecipe: Sendable, Hashable {
  case training(Recipe)
  case selfReward(SelfRewardRecipe)
  case instruction(InstructionRecipe)
  case evaluation(EvaluationRecipe)

  /// Reads a recipe file, with overrides on top, as the kind that it names.
  ///
  /// - Parameter command: The command that is to run it, which refuses the kinds of others; nil takes every kind.
  /// - Throws: `RecipeError` with every problem at once, each at its place.
  public init(contentsOf path: String, overrides: [String] = [], command: String? = nil) throws {
    let text = try RecipeText.read(path)
    let reader = try RecipeReader(yaml: text, path: path, overrides: overrides, command: command)
    // A kind that is mistyped is the one thing to say: the other keys are read by it.
    let kind = reader.top.choice("kind", RecipeKind.self)
    try reader.refuseProblems()
    switch kind {
    case .selfreward where reader.node.text(of: "task", "kind") == SelfRewardTask.instruction.rawValue:
      self = .instruction(try InstructionRecipe(yaml: text, path: path, overrides: overrides))
    case .selfreward: self = .selfReward(try SelfRewardRecipe(yaml: text, path: path, overrides: overrides))
    case .evaluate: self = .evaluation(try EvaluationRecipe(yaml: text, path: path, overrides: overrides))
    case .pretrain, .finetune, .distill, nil:
      self = .training(try Recipe(yaml: text, path: path, overrides: overrides))
    }
  }

  /// The resolved recipe as YAML, every default written out.
  public var yaml: String {
    switch self {
    case .training(let recipe): recipe.yaml
    case .selfReward(let recipe): recipe.yaml
    case .instruction(let recipe): recipe.yaml
    case .evaluation(let recipe): recipe.yaml
    }
  }
}

/// What the key `kind` may say.
enum RecipeKind: String, CaseIterable {
  case pretrain, finetune, distill, evaluate, selfreward

  /// The command that runs such a recipe.
  var command: String {
    switch self {
    case .pretrain, .finetune, .distill: "finetune"
    case .evaluate, .selfreward: rawValue
    }
  }
}

extension RecipeNode {
  /// Refuses a recipe that another command runs: that is the one thing to say, whatever its keys are.
  func require(command: String) throws {
    guard case .mapping(let members) = content,
      let value = members.first(where: { $0.key == "kind" })?.value, case .scalar(let text) = value.content,
      let kind = RecipeKind(rawValue: text), kind.command != command
    else { return }
    throw RecipeError([
      Diagnostic(
        "a recipe of kind \(kind.rawValue)", at: value.origin.location,
        advice: "run it with trimtab \(kind.command)")
    ])
  }

  /// The text at the end of a path of keys.
  fileprivate func text(of keys: String...) -> String? {
    var node = self
    for key in keys {
      guard case .mapping(let members) = node.content,
        let value = members.first(where: { $0.key == key })?.value
      else { return nil }
      node = value
    }
    guard case .scalar(let text) = node.content else { return nil }
    return text
  }
}
