import Evaluation
import Foundation

/// A problem put as a statement, with holes for an answer: whole, or in parts that an answer's steps go into one by one.
///
/// It is made from the question alone. `{answer}` stands for the answer, or for the step that belongs to a part;
/// `{before:apple}` for what the step before has come to by the answer's own account, as a quantity of apples. So
/// each step of an argument is judged as what it is, a single step, whatever went wrong before it.
public struct Statement: Sendable, Hashable {
  /// Stands for the answer or the step.
  public static let hole = "{answer}"

  /// The text of each part up to and including its hole, which ends it.
  public let parts: [String]

  /// A part that is filled in: what is given, and what an answer says there.
  struct FilledPart: Sendable, Hashable {
    var given: String
    var said: String
  }

  public init(_ parts: [String]) { self.parts = parts }

  /// The parts with an answer's steps in them; nil when the answer has other steps than the statement.
  func filled(_ answer: String) -> [FilledPart]? {
    var answer = answer.trimmingCharacters(in: .whitespacesAndNewlines)
    // A full stop ends an answer; in a statement the sentence may go on.
    if answer.hasSuffix(".") { answer.removeLast() }
    let steps = parts.count == 1 ? [answer] : answer.split(separator: ",").map(String.init)
    guard steps.count == parts.count, !answer.isEmpty else { return nil }
    var before: Decimal?
    return zip(parts, steps).map { part, step in
      let step = step.trimmingCharacters(in: .whitespaces)
      defer { before = AnswerExtraction.lastNumber(in: step) }
      let given = part.replacing(/\{before:(\w+)\}/) { match in
        before.map { "\($0) \(match.1)\($0 == 1 ? "" : "s")" } ?? "no \(match.1)s"
      }
      return FilledPart(given: given.replacing(Self.hole, with: ""), said: " " + step)
    }
  }
}
