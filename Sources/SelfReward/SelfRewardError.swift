import Datasets
import Diagnostics

/// What can go wrong with candidates, rewards and what they are made from.
public enum SelfRewardError: DiagnosticError {
  /// A policy's template can't show a prompt or an answer.
  case unrenderable(policy: String, RenderingProblem)
  case invalidOption(String, found: String, expected: String)
  /// A reward needs a model that it wasn't given.
  case missingRole(reward: String, role: String)
  /// There is no prompt for judges, reward or format of that name.
  case unknownName(String, kind: String, names: [String])
  /// Replies that a judge chooses between begin with the same tokens to the end.
  case indistinctReplies(judge: String, replies: [String])
  case badRecord(path: String, line: Int?, reason: String)
  case noRecords(path: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .unrenderable(let policy, let problem):
      [Diagnostic("\(policy): \(problem.text)", advice: problem.advice)]
    case .invalidOption(let name, let found, let expected):
      [Diagnostic("\(name) is \(found), expected \(expected)", exitCode: .usage)]
    case .missingRole(let reward, let role):
      [
        Diagnostic(
          "the reward \(reward) needs a model as \(role)", advice: "name one, or choose another reward",
          exitCode: .usage)
      ]
    case .unknownName(let name, let kind, let names):
      [
        Diagnostic(
          "there is no \(kind) \"\(name)\"",
          advice: nearest(to: name, among: names).map { "did you mean \($0)?" }
            ?? "there are \(names.joined(separator: ", "))", exitCode: .usage)
      ]
    case .indistinctReplies(let judge, let replies):
      [
        Diagnostic(
          "the tokenizer of \(judge) tells the replies \(replies.joined(separator: ", ")) not apart",
          advice: "choose other words for them")
      ]
    case .badRecord(let path, let line, let reason):
      [Diagnostic(reason, at: .init(path, line: line))]
    case .noRecords(let path):
      [Diagnostic("there are no records", at: .init(path))]
    }
  }
}
