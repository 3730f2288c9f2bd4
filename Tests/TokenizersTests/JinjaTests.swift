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
}
