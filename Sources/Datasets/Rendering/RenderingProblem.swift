/// Why a row can't become tokens.
public enum RenderingProblem: Error, Sendable, Hashable {
  /// The template can't render the conversation; the reason in its own words.
  case template(String)
  /// The messages aren't what they are stored as.
  case invalidMessages(String)
  /// The template shows the conversation differently once it has gone on.
  case rewritesHistory(message: Int)
  /// The template writes an answer down differently from how it asks for one.
  case answerDoesNotFollowPrompt(message: Int)
  /// A simple template has no words for calls of tools.
  case toolCalls(template: String)

  /// The problem as one sentence.
  public var text: String {
    switch self {
    case .template(let reason): reason
    case .invalidMessages(let reason): "the messages can't be read: \(reason)"
    case .rewritesHistory(let message):
      "the chat template rewrites message \(message) when the conversation goes on,"
        + " so the tokens to learn aren't those that the model would generate"
    case .answerDoesNotFollowPrompt(let message):
      "the chat template doesn't write message \(message) after the prompt that it asks for it with"
    case .toolCalls(let template): "the template \(template) can't show calls of tools"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .template, .invalidMessages: nil
    case .rewritesHistory: "train on the last response only (--train-on last)"
    case .answerDoesNotFollowPrompt: "choose another template with --template"
    case .toolCalls: "use the model's own chat template"
    }
  }
}
