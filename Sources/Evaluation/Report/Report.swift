import Foundation
import Proxy

/// A self-contained page: scores with their intervals, gaps, the curve of strengths, and answers token by token.
public struct Report: Sendable {
  public typealias Example = ShadedAnswer

  /// One task's part of the page.
  public struct Section: Sendable {
    public var comparison: Comparison
    /// Scores on the development split by α.
    public var alphas: [(alpha: Float, score: Double)]
    public var examples: [ShadedAnswer]

    public init(
      _ comparison: Comparison, alphas: [(alpha: Float, score: Double)] = [], examples: [ShadedAnswer] = []
    ) {
      self.comparison = comparison
      self.alphas = alphas
      self.examples = examples
    }
  }

  public var title: String
  public var sections: [Section]
  /// Sentences that stand at the top: how α was chosen, what was fallen back to.
  public var remarks: [String]

  public init(title: String, sections: [Section], remarks: [String] = []) {
    self.title = title
    self.sections = sections
    self.remarks = remarks
  }

  /// A page of one task.
  public init(
    title: String, comparison: Comparison, alphas: [(alpha: Float, score: Double)], examples: [Example]
  ) {
    self.init(title: title, sections: [Section(comparison, alphas: alphas, examples: examples)])
  }

  /// The page's text.
  public var html: String {
    var parts: [String] = []
    if sections.count > 1 {
      let links = sections.enumerated().map {
        "<a href=\"#task-\($0)\">\(HTMLPage.escaped($1.comparison.task))</a>"
      }
      parts.append("<nav>\(links.joined()) <a href=\"#examples\">examples</a></nav>")
    }
    parts += remarks.map { "<p class=\"warning\">\(HTMLPage.escaped($0))</p>" }
    if let mean = ComparisonTable(sections.map(\.comparison)).meanGapClosed(), sections.count > 1 {
      parts.append(String(format: "<p>Mean gap closed by proxy-tuning: <b>%.1f %%</b></p>", 100 * mean))
    }
    parts += sections.enumerated().map { html($1, number: $0) }
    let shown = sections.filter { !$0.examples.isEmpty }
    if !shown.isEmpty { parts.append(examples(shown)) }
    return HTMLPage(
      title: title,
      style: """
        td,th{border-bottom:1px solid #eee}td.n{text-align:right;font-variant-numeric:tabular-nums}
        svg{max-width:100%;height:auto}.a{white-space:pre-wrap}nav a{margin-right:1rem}
        .warning{background:#fdecea;border-left:4px solid #b3261e;padding:.4rem .8rem}
        .t{border-radius:3px;white-space:pre-wrap}.t.c{border-bottom:2px solid #b3261e}
        """, body: parts.joined(separator: "\n")
    ).text
  }

  private func html(_ section: Section, number: Int) -> String {
    let comparison = section.comparison
    var parts = [
      """
      <h2 id="task-\(number)">\(HTMLPage.escaped(comparison.task)): \(HTMLPage.escaped(comparison.metric.name))</h2>
      <table><tr><th>system<th>score<th>95 % interval<th>rows<th>unreadable<th>tokens changed<th>ms a token</tr>
      \(comparison.systems.map { row($0, in: comparison.metric) }.joined(separator: "\n"))
      </table>
      """
    ]
    parts += comparison.warnings.map { "<p class=\"warning\">On this task \(HTMLPage.escaped($0)).</p>" }
    parts.append(
      BarChart(
        comparison.systems.map { system in
          let estimate = system.estimate
          return BarChart.Bar(
            system.name, estimate.mean, interval: estimate.lower...estimate.upper,
            text: comparison.metric.text(estimate.mean))
        }
      ).svg)
    if let gap = comparison.gapClosed() {
      parts.append(String(format: "<p>Gap closed by proxy-tuning: <b>%.1f %%</b></p>", 100 * gap))
    }
    if !comparison.gaps.isEmpty {
      parts.append("<h3>Gap closed, by system</h3>")
      parts.append(
        BarChart(
          comparison.gaps.map { .init($0.name, $0.gap, text: String(format: "%.1f %%", 100 * $0.gap)) }
        ).svg)
    }
    parts.append(differences(comparison))
    if section.alphas.count > 1 {
      parts.append("<h3>Strength of the offset</h3><p>Score on the development split by α.</p>")
      let scale: Double = comparison.metric.isShare ? 100 : 1
      let points = section.alphas.map { (x: Double($0.alpha), y: scale * $0.score) }
      parts.append(
        LineChart(
          [.init(name: "proxied", curve: points)],
          axis: "α (up: \(comparison.metric.name)\(comparison.metric.isShare ? ", %" : ""))"
        ).svg)
    }
    let divergences = ShadedAnswer.divergences(section.examples)
    if divergences.count > 1 {
      parts.append(
        "<h3>How far steering moves the base, along the answer</h3>"
          + "<p>KL(proxied ‖ base) in nats, by the token's place, mean of the examples below.</p>")
      parts.append(
        LineChart([.init(name: "KL", curve: divergences)], axis: "token of the answer (up: nats)").svg)
    }
    return parts.joined(separator: "\n")
  }

  private func row(_ system: SystemResult, in metric: Metric) -> String {
    let estimate = system.estimate
    let changed = system.changedShare.map { String(format: "%.1f %%", 100 * $0) } ?? ""
    let time = system.timing?.secondsPerToken.map { String(format: "%.1f", 1000 * $0) } ?? ""
    return "<tr><td>\(HTMLPage.escaped(system.name))<td class=\"n\">\(metric.text(estimate.mean))"
      + "<td class=\"n\">\(metric.text(estimate.lower)) – \(metric.text(estimate.upper))"
      + "<td class=\"n\">\(estimate.count)<td class=\"n\">\(system.unparsedCount)"
      + "<td class=\"n\">\(changed)<td class=\"n\">\(time)</tr>"
  }

  private func differences(_ comparison: Comparison) -> String {
    if comparison.differences.isEmpty { return "" }
    let rows = comparison.differences.map { first, second, estimate in
      "<tr><td>\(HTMLPage.escaped(first)) − \(HTMLPage.escaped(second))<td class=\"n\">"
        + "\(comparison.metric.text(estimate.mean))<td class=\"n\">\(comparison.metric.text(estimate.lower)) – "
        + "\(comparison.metric.text(estimate.upper))</tr>"
    }
    return """
      <h3>Paired differences</h3>
      <table><tr><th>difference<th>mean<th>95 % interval</tr>\(rows.joined(separator: "\n"))</table>
      """
  }

  private func examples(_ sections: [Section]) -> String {
    let cards = sections.map { section in
      "<h3>\(HTMLPage.escaped(section.comparison.task))</h3>\n"
        + section.examples.map(\.html).joined(separator: "\n")
    }
    return """
      <h2 id="examples">What the expert moved</h2>
      <p>Each token of the proxy-tuned answer is shaded by p(proxied) − p(base): green where steering raised it,
      red where it lowered it; underlined where it changed the likeliest token. Point at one for the numbers.</p>
      \(cards.joined(separator: "\n"))
      """
  }
}
