import Foundation
import Testing

@testable import Evaluation
@testable import Proxy

@Suite("The report")
struct ReportTests {
  private func system(_ name: String, _ right: Int) -> SystemResult {
    SystemResult(name: name, responses: [], scores: (0..<10).map { $0 < right ? 1 : 0 })
  }

  @Test("self-contained: no script, nothing from elsewhere; texts can't break out")
  func page() {
    let tokens = (0..<3).map { place in
      Attribution(
        token: 1, text: place == 1 ? "<script>" : " é", base: 0.1, expert: 0.6, antiexpert: 0.2, proxied: 0.8,
        divergence: 1.5 / Double(place + 1), baseTop: 2, proxiedTop: 1)
    }
    let comparison = Comparison(
      task: "a <task> & \"quotes\"",
      systems: [system("base", 2), system("expert", 9), system("proxied", 6), system("tuned", 10)])
    let section = Report.Section(
      comparison,
      sweep: AlphaSweep(
        metric: .accuracy,
        points: [0, 1].map { .init(alpha: $0, estimate: Estimate([0.2, 0.4 + Double($0)])) }, rowCount: 2),
      examples: [ShadedAnswer(prompt: "</div><script>", answer: "x", baseResponse: "y", tokens: tokens)])
    let html = Report(title: "Test", sections: [section], remarks: ["α = 1 was chosen"]).html
    #expect(!html.contains("<script") && !html.contains("http"))
    #expect(html.contains("&lt;script&gt;") && html.contains("a &lt;task&gt; &amp; &quot;quotes&quot;"))
    #expect(html.contains("Gap closed") && html.contains("the expert alone is better"))
    #expect(html.components(separatedBy: "<svg").count == 5)
    #expect(html.components(separatedBy: "<svg").count == html.components(separatedBy: "</svg>").count)
    #expect(html.contains("α = 1 was chosen") && html.contains("class=\"t c\""))
    #expect(html.hasSuffix("</html>"))
  }

  @Test("charts bear what can't be drawn")
  func charts() {
    #expect(LineChart([.init(name: "none", curve: [])], axis: "x").svg.isEmpty)
    let odd = LineChart(
      [.init(name: "one", curve: [(1, .nan), (2, .infinity), (3, 4)])], axis: "x"
    ).svg
    #expect(!odd.contains("nan") && !odd.contains("inf"))
    let bars = BarChart([.init("down", -0.5, text: "-50 %"), .init("none", 0, text: "0")]).svg
    #expect(!bars.contains("nan") && !bars.contains("width=\"-"))
  }

  /// Characters may be several scalars, of which a browser reads each.
  @Test("no markup gets out, whatever stands beside it", arguments: ["", "\u{0600}", "\u{301}", "\u{200D}"])
  func escaping(neighbour: String) {
    let text = HTMLPage.escaped("\(neighbour)<\(neighbour)script\(neighbour)>&\"")
    #expect(!text.unicodeScalars.contains("<") && !text.unicodeScalars.contains(">"))
    #expect(text.hasSuffix("&amp;&quot;"))
  }
}
