import Foundation
import Proxy

/// One answer with what each part thought of its tokens.
public struct ShadedAnswer: Sendable {
  public var prompt: String
  /// What would be right.
  public var answer: String
  public var baseResponse: String
  public var tokens: [Attribution]

  public init(prompt: String, answer: String, baseResponse: String, tokens: [Attribution]) {
    self.prompt = prompt
    self.answer = answer
    self.baseResponse = baseResponse
    self.tokens = tokens
  }

  /// The answer as a card: each token shaded by p(proxied) − p(base).
  var html: String {
    let spans = tokens.map { token in
      let moved = token.proxied - token.base
      let title = String(
        format: "base %.3f, expert %.3f, antiexpert %.3f, proxied %.3f, KL %.3f", token.base, token.expert,
        token.antiexpert, token.proxied, token.divergence)
      return String(
        format: "<span class=\"t%@\" style=\"background:rgba(%@,%.2f)\" title=\"%@\">%@</span>",
        token.isChanged ? " c" : "", moved >= 0 ? "46,125,50" : "179,38,30", min(0.6, abs(moved)), title,
        HTMLPage.escaped(token.text))
    }
    return """
      <div class="card"><div class="q">\(HTMLPage.escaped(prompt))</div>
      \(HTMLPage.labelled("proxied", spans.joined()))
      \(HTMLPage.labelled("base", HTMLPage.escaped(baseResponse)))
      \(HTMLPage.labelled("true", HTMLPage.escaped(answer)))</div>
      """
  }

  /// The mean divergence of the proxied from the base's distribution by place in the answer, over several answers.
  static func divergences(_ answers: [ShadedAnswer]) -> [(x: Double, y: Double)] {
    let longest = answers.map(\.tokens.count).max() ?? 0
    return (0..<longest).map { place in
      let values = answers.compactMap {
        $0.tokens.indices.contains(place) ? $0.tokens[place].divergence : nil
      }
      return (Double(place + 1), values.reduce(0, +) / Double(max(1, values.count)))
    }
  }
}
