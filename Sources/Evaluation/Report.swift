import Foundation
import Proxy

/// A self-contained page: the systems' scores with their intervals, and answers with each token shaded by how
/// far the expert moved it.
public struct Report: Sendable {
  /// One answer with what each part thought of its tokens.
  public struct Example: Sendable {
    public var prompt: String
    public var answer: String
    public var baseResponse: String
    public var tokens: [Attribution]

    public init(prompt: String, answer: String, baseResponse: String, tokens: [Attribution]) {
      self.prompt = prompt
      self.answer = answer
      self.baseResponse = baseResponse
      self.tokens = tokens
    }
  }

  public var title: String
  public var comparison: Comparison
  /// Scores on the development split by α.
  public var alphas: [(alpha: Float, score: Double)]
  public var examples: [Example]

  public init(
    title: String, comparison: Comparison, alphas: [(alpha: Float, score: Double)], examples: [Example]
  ) {
    self.title = title
    self.comparison = comparison
    self.alphas = alphas
    self.examples = examples
  }

  /// The page's text.
  public var html: String {
    HTMLPage(
      title: title,
      style: ".t{border-radius:3px;white-space:pre-wrap}.t.c{border-bottom:2px solid #b3261e}",
      body: """
        <h2>Scores</h2>
        <table><tr><th>system<th>score<th>95 % interval<th>questions</tr>
        \(comparison.systems.map(row).joined(separator: "\n"))
        </table>
        \(gap)
        \(bars)
        \(curve)
        <h2>What the expert moved</h2>
        <p>Each token of the proxy-tuned answer is shaded by p(proxied) − p(base): green where steering raised it,
        red where it lowered it; underlined where it changed the likeliest token. Point at one for the numbers.</p>
        \(examples.map(card).joined(separator: "\n"))
        """
    ).text
  }

  private var gap: String {
    comparison.gapClosed().map {
      String(format: "<p>Gap closed by proxy-tuning: <b>%.1f %%</b></p>", 100 * $0)
    } ?? ""
  }

  private func row(_ system: SystemResult) -> String {
    let estimate = system.estimate
    return String(
      format: "<tr><td>%@<td>%.1f %%<td>%.1f – %.1f<td>%d</tr>", escaped(system.name), 100 * estimate.mean,
      100 * estimate.lower, 100 * estimate.upper, estimate.count)
  }

  private var bars: String {
    let height = 26
    let rows = comparison.systems.enumerated().map { index, system in
      let estimate = system.estimate
      let y = index * height
      return String(
        format: """
          <text x="0" y="%d" font-size="13">%@</text><rect x="130" y="%d" width="%.1f" height="16" fill="#4a7fb5"/>
          <line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#222"/>
          """, y + 14, escaped(system.name), y + 2, 400 * estimate.mean, 130 + 400 * estimate.lower,
        130 + 400 * estimate.upper, y + 10, y + 10)
    }
    return "<svg width=\"560\" height=\"\(height * comparison.systems.count)\">\(rows.joined())</svg>"
  }

  private var curve: String {
    guard alphas.count > 1, let last = alphas.map(\.alpha).max(), last > 0 else { return "" }
    let points = alphas.map { (x: 40 + 480 * Double($0.alpha / last), y: 170 - 150 * $0.score, source: $0) }
    let path = points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
    let marks = points.map { point in
      String(
        format: """
          <circle cx="%.1f" cy="%.1f" r="3"/><text x="%.1f" y="188" font-size="11" text-anchor="middle">%g</text>
          <text x="%.1f" y="%.1f" font-size="11" text-anchor="middle">%.0f</text>
          """, point.x, point.y, point.x, point.source.alpha, point.x, point.y - 7, 100 * point.source.score)
    }
    return """
      <h2>Strength of the offset</h2><p>Score (%) on the development split by α.</p>
      <svg width="560" height="195"><polyline points="\(path)" fill="none" stroke="#4a7fb5"/>\(marks.joined())</svg>
      """
  }

  private func card(_ example: Example) -> String {
    let tokens = example.tokens.map { token in
      let moved = token.proxied - token.base
      let color = moved >= 0 ? "46,125,50" : "179,38,30"
      let title = String(
        format: "base %.3f, expert %.3f, antiexpert %.3f, proxied %.3f", token.base, token.expert,
        token.antiexpert, token.proxied)
      return String(
        format: "<span class=\"t%@\" style=\"background:rgba(%@,%.2f)\" title=\"%@\">%@</span>",
        token.isChanged ? " c" : "", color, min(0.6, abs(moved)), title, escaped(token.text))
    }
    return """
      <div class="card"><div class="q">\(escaped(example.prompt))</div>
      <div>proxied: \(tokens.joined())</div><div>base: \(escaped(example.baseResponse))</div>
      <div>true: \(escaped(example.answer))</div></div>
      """
  }

  private func escaped(_ text: String) -> String { HTMLPage.escaped(text) }
}
