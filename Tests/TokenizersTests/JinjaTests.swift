import Formats
import Foundation
import Testing

@testable import Tokenizers

/// Small templates against what Jinja2 makes of them (`Benchmarks/parity/jinja_snippets.py`).
struct JinjaTests {
  private static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/jinja.json")

  @Test func snippetsRenderAsInJinja() throws {
    let json = try JSON(contentsOf: Self.fixture.path)
    let context = try #require(json["context"]?.objectValue)
    let cases = try #require(json["cases"]?.arrayValue)
    var passed = 0
    for item in cases {
      let source = try #require(item["template"]?.stringValue)
      let expected = item["text"]?.stringValue
      do {
        let template = try ChatTemplate(source: source, name: "snippet")
        let text = try template.render(names: context)
        if let expected, text.hasSameBytes(as: expected) {
          passed += 1
        } else {
          Issue.record("\(source)\n   gives \(text)\ninstead of \(expected ?? "an error")")
        }
      } catch {
        if expected == nil, error is ChatTemplateError {
          passed += 1
        } else {
          Issue.record("\(source)\n   throws \(error)\ninstead of \(expected ?? "")")
        }
      }
    }
    print("jinja snippets: passed \(passed) of \(cases.count)")
  }

  /// What Jinja2 3.1 makes of loop controls inside other blocks.
  @Test(arguments: [
    (
      "{% for x in [1, 2, 3] %}{% with y = x %}{% if y == 2 %}{% break %}{% endif %}{{ y }}{% endwith %}"
        + "{% endfor %}", "1"
    ),
    (
      "{% for x in [1, 2, 3] %}{% with %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endwith %}!"
        + "{% endfor %}", "1!3!"
    ),
    ("{% for x in [1, 2] %}{{ x }}{% for y in [] %}{% else %}{% break %}{% endfor %}!{% endfor %}", "1"),
    ("{% for x in [1, 2] %}{{ x }}{% for y in [] %}{% else %}{% continue %}{% endfor %}!{% endfor %}", "12"),
    (
      "{% for x in [1, 2] %}{% set y %}{% for z in [3, 4] %}{% break %}{% endfor %}{{ x }}{% endset %}{{ y }}"
        + "{% endfor %}", "12"
    ),
  ])
  func loopControlsReachTheLoopAround(_ source: String, _ expected: String) throws {
    #expect(try ChatTemplate(source: source, name: "t").render(names: [:]) == expected)
  }

  @Test(arguments: ["set y", "filter upper", "generation"], ["break", "continue"])
  func loopControlsThatWouldLoseCapturedTextAreRefused(_ block: String, _ control: String) {
    let end = block.split(separator: " ").first ?? ""
    let source = "{% for x in [1] %}{% \(block) %}a{% \(control) %}{% end\(end) %}{% endfor %}"
    #expect(throws: ChatTemplateError.self) { try ChatTemplate(source: source, name: "t") }
  }
}
