import Foundation
import Proxy

/// A self-contained page: scores with their intervals, gaps, the curve of strengths, and answers token by token.
public struct Report: Sendable {
  /// One task's part of the page.
  public struct Section: Sendable {
    public var comparison: Comparison
    /// How the strengths fared that were tried; nil where none were.
    public var sweep: AlphaSweep?
    public var examples: [ShadedAnswer]

    public init(_ comparison: Comparison, sweep: AlphaSweep? = nil, examples: [ShadedAnswer] = []) {
      self.comparison = comparison
      self.sweep = sweep
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

  /// The page's text.
  public var html: String {
    var parts: [String] = []
    let shown = sections.filter { !$0.examples.isEmpty }
    if sections.count > 1 {
      let links = sections.enumerated().map {
        "<a href=\"#task-\($0)\">\(HTMLPage.escaped($1.comparison.task))</a>"
      }
      let examples = shown.isEmpty ? "" : " <a href=\"#examples\">examples</a>"
      parts.append("<nav>\(links.joined())\(examples)</nav>")
    }
    parts += remarks.map { "<p class=\"remark\">\(HTMLPage.escaped($0))</p>" }
    parts.append(legend)
    if let mean = ComparisonTable(sections.map(\.comparison)).meanGapClosed(), sections.count > 1 {
      parts.append(String(format: "<p>Mean gap closed by proxy-tuning: <b>%.1f %%</b></p>", 100 * mean))
    }
    parts += sections.enumerated().map { html($1, number: $0) }
    if !shown.isEmpty { parts.append(examples(shown)) }
    return HTMLPage(
      title: title,
      style: """
        nav a{margin-right:1rem}.remark{border-left:4px solid var(--bar);padding:.4rem .8rem}
        .warning{background:var(--alarm);border-left:4px solid var(--bad);padding:.4rem .8rem}
        .t{border-radius:3px}.t.c{border-bottom:2px solid var(--bad)}
        """, body: parts.joined(separator: "\n")
    ).text
  }

  /// What the systems' names mean.
  private static let meanings = [
    ("base", "the large model"), ("expert", "the small tuned model alone"),
    ("proxied", "the base steered by the expert"),
    ("through", "the base steered by an expert that was trained through it"),
    ("tuned", "the base tuned itself"), ("auto", "what the development rows chose"),
  ]

  private var legend: String {
    let names = Set(sections.flatMap { $0.comparison.systems.map(\.name) })
    let known = Self.meanings.filter { names.contains($0.0) }.map { "<b>\($0.0)</b> \($0.1)" }
    return known.isEmpty ? "" : "<p class=\"l\">\(known.joined(separator: " · "))</p>"
  }

  private func html(_ section: Section, number: Int) -> String {
    let comparison = section.comparison
    var parts = [
      """
      <h2 id="task-\(number)">\(HTMLPage.escaped("\(comparison.task): \(comparison.metric.title)"))</h2>
      \(HTMLTable(Self.head, comparison.systems.map { row($0, in: comparison.metric) }).html)
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
    if let sweep = section.sweep { parts.append(strengths(sweep)) }
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

  private func strengths(_ sweep: AlphaSweep) -> String {
    let scale: Double = sweep.metric.isShare ? 100 : 1
    let points = sweep.points.map { point in
      let estimate = point.estimate
      return LineChart.Point(
        x: Double(point.alpha), value: scale * estimate.mean, lower: scale * estimate.lower,
        upper: scale * estimate.upper)
    }
    let metric = sweep.metric.name + (sweep.metric.isShare ? ", %" : "")
    let what =
      sweep.isLabelled ? "on \(sweep.rowCount) development rows" : "of \(sweep.rowCount) prompts alone"
    return "<h3>Strength of the offset</h3><p>By α, \(what), with 95 % intervals.</p>"
      + LineChart([.init(name: "proxied", points: points)], axis: "α (up: \(metric))").svg
  }

  private static let head = [
    "system", "score", "95 % interval", "rows", "unreadable", "too long", "tokens changed", "ms a token",
  ]

  private func row(_ system: SystemResult, in metric: Metric) -> [String] {
    let estimate = system.estimate
    return [
      system.name, metric.text(estimate.mean), interval(estimate, in: metric), "\(estimate.count)",
      "\(system.unparsedCount)", "\(system.tooLongCount)",
      system.changedShare.map { String(format: "%.1f %%", 100 * $0) } ?? "–",
      system.timing?.secondsPerToken.map { String(format: "%.3g", 1000 * $0) } ?? "–",
    ]
  }

  private func interval(_ estimate: Estimate, in metric: Metric) -> String {
    "\(metric.text(estimate.lower)) to \(metric.text(estimate.upper))"
  }

  private func differences(_ comparison: Comparison) -> String {
    if comparison.differences.isEmpty { return "" }
    let rows = comparison.differences.map { first, second, estimate in
      [
        "\(first) − \(second)", comparison.metric.text(estimate.mean),
        interval(estimate, in: comparison.metric),
      ]
    }
    return "<h3>Paired differences</h3>\n" + HTMLTable(["difference", "mean", "95 % interval"], rows).html
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
