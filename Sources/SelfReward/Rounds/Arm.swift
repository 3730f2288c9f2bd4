/// What a loop is rewarded with: the thing itself and the controls beside it.
public enum Arm: String, Sendable, Hashable, CaseIterable {
  /// The recipe's own reward.
  case own = "self"
  /// The truth: what the best judge would give.
  case oracle
  /// Pairs drawn blindly from the same candidates: what training alone does.
  case random
  /// Supervised tuning on the answers that the recipe's reward prefers, without their rivals.
  case positive
  /// The recipe's own scores, dealt out anew within each prompt.
  case shuffled

  /// Whether its pairs come from the recipe's own reward.
  var usesOwnReward: Bool { self == .own || self == .positive || self == .shuffled }
}
