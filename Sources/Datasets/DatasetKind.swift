/// What the rows of a dataset are, and so which columns they have.
public enum DatasetKind: String, Sendable, Hashable, CaseIterable {
  /// Conversations: `messages`, a JSON list of objects with `role` and `content`.
  case instruction
  /// Programs: `prompt`, `response`, and `tests` and `entry_point` to check an answer with.
  case code
  /// Questions with an answer to compare with: `prompt`, `response`, and `answer` and `choices`.
  case task
  /// Plain documents: `document`.
  case text
  /// Pairs of answers: `prompt`, `chosen`, `rejected`, and `weight`, `score_chosen`, `score_rejected`.
  case preference

  /// The columns that every row fills.
  public var requiredColumns: [String] {
    switch self {
    case .instruction: ["messages"]
    case .code, .task: ["prompt", "response"]
    case .text: ["document"]
    case .preference: ["prompt", "chosen", "rejected"]
    }
  }
}
