import Diagnostics
import Formats
import Foundation
import Testing

@testable import Tokenizers

/// Real chat templates against the texts that Jinja2 made of them.
struct ChatTemplateTests {
  /// One row of the collection's index.
  struct Case {
    var template: String
    var context: String
    /// Nil where Jinja2 refused too.
    var expected: String?

    var label: String { "\(template) on \(context)" }
  }

  private static func cases(in folder: URL) throws -> [Case] {
    let index = try String(contentsOf: folder.appending(path: "index.tsv"), encoding: .utf8)
    return try index.split(separator: "\n").dropFirst().map { row in
      let fields = row.split(separator: "\t").map(String.init)
      let expected = folder.appending(path: "expected/\(fields[0])__\(fields[1]).txt")
      let isRendered = fields[2] == "ok"
      return Case(
        template: fields[0], context: fields[1],
        expected: isRendered ? try String(contentsOf: expected, encoding: .utf8) : nil)
    }
  }

  /// Renders with the context's names; the clock stands where the collection's stood.
  private static func render(_ template: String, _ context: String, in folder: URL) throws -> String {
    let source = try String(
      contentsOf: folder.appending(path: "templates/\(template).jinja"), encoding: .utf8)
    let json = try JSON(contentsOf: folder.appending(path: "contexts/\(context).json").path)
    let zone = try #require(TimeZone(identifier: "UTC"))
    let clock = DateComponents(
      calendar: Calendar(identifier: .gregorian), timeZone: zone, year: 2024, month: 7, day: 26, hour: 12,
      minute: 34, second: 56)
    return try ChatTemplate(source: source, name: template).render(
      names: try #require(json.objectValue), now: try #require(clock.date), timeZone: zone)
  }

  @Test func rendersTheCollectionAsJinjaDoes() throws {
    guard let path = SharedData.path("peers/chat-templates") else { return }
    let folder = URL(filePath: path)
    var tally = Tally()
    let cases = try Self.cases(in: folder)
    for item in cases {
      do {
        let text = try Self.render(item.template, item.context, in: folder)
        tally.check(
          item.expected.map(text.hasSameBytes) ?? false,
          "\(item.label): \(item.expected == nil ? "rendered what Jinja2 refuses" : "another text")")
      } catch {
        tally.check(item.expected == nil && error is ChatTemplateError, "\(item.label): \(error)")
      }
    }
    print("chat templates: \(tally.summary)")
    for failure in tally.failures { print("  \(failure)") }
    #expect(tally.total > 0)
    #expect(Double(tally.passed) >= 0.95 * Double(tally.total))
  }

  // MARK: - What the model's own files give

  @Test func toolsAndDocumentsAreNoneUnlessGiven() throws {
    let template = try ChatTemplate(
      source: "{{ tools is none }} {{ documents is none }} {{ add_generation_prompt }} {{ bos_token }}",
      name: "t")
    let text = try template.render(messages: .array([]), specialTokens: ["bos_token": "<s>"])
    #expect(text == "True True False <s>")
  }

  @Test func conversationsWithToolsHaveTheirOwnTemplate() throws {
    let model: JSON = ["type": "BPE", "vocab": ["a": 0], "merges": []]
    var definition = try TokenizerDefinition(["model": model], source: "t.json")
    definition.chatTemplates = [("default", "plain"), ("tool_use", "with tools")]
    let tokenizer = try Tokenizer(definition)
    func text(_ tools: JSON) throws -> String {
      try tokenizer.renderChat(["messages": [], "tools": tools], source: "chat.json")
    }
    #expect(try text(.null) == "plain")
    #expect(try text([]) == "with tools")
  }

  @Test func theClockIsTheCallers() throws {
    let template = try ChatTemplate(source: "{{ strftime_now('%-d %b %Y, %H:%M') }}", name: "t")
    let text = try template.render(
      messages: .array([]), now: Date(timeIntervalSince1970: 0),
      timeZone: try #require(TimeZone(identifier: "UTC")))
    #expect(text == "1 Jan 1970, 00:00")
  }

  // MARK: - Errors

  @Test(arguments: [
    (
      "{{ raise_exception('only users speak') }}",
      "t.jinja:1: the chat template refuses this conversation: only users speak"
    ),
    (
      "\n{% if x %}",
      "t.jinja:2: the chat template can't be read: the template ends where {% elif %} or {% else %} or {% endif %} should follow"
    ),
    ("\n\n{{ missing.name }}", "t.jinja:3: the chat template can't be rendered: 'missing' is undefined"),
    (
      "{% include 'x' %}", "t.jinja:1: the chat template needs what is not supported: the 'include' statement"
    ),
    ("{{ 'a'|wordwrap }}", "t.jinja:1: the chat template needs what is not supported: the filter 'wordwrap'"),
    ("{{ 'a'|shout }}", "t.jinja:1: the chat template can't be rendered: there is no filter 'shout'"),
    (
      "{{ messages.append(1) }}",
      "t.jinja:1: the chat template can't be rendered: access to 'append' of 'list object' is unsafe: templates can't change lists and mappings"
    ),
  ])
  func errorsNameTheTemplateAndTheLine(source: String, expected: String) {
    let error = #expect(throws: ChatTemplateError.self) {
      _ = try ChatTemplate(source: source, name: "t.jinja").render(messages: .array([]))
    }
    #expect(error?.description == expected)
  }

  // MARK: - Hostile templates

  /// A template that would hang, crash or fill the memory, and what it tries.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var source: String

    init(_ description: String, _ source: String) {
      testDescription = description
      self.source = source
    }

    /// `{{ opening … 1 closing … }}`, ten thousand times over.
    static func nesting(_ opening: String, _ closing: String = "") -> String {
      "{{ \(String(repeating: opening, count: 10_000))1\(String(repeating: closing, count: 10_000)) }}"
    }
  }

  static let attacks = [
    Attack(
      "endless loops", "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"),
    Attack(
      "doubling text",
      "{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"),
    Attack(
      "a list in a list in a list",
      "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}"),
    Attack(
      "doubling lists",
      "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}"
    ),
    Attack("a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
    Attack("a macro that calls its argument", "{% macro m(f) %}{{ f(f) }}{% endmacro %}{{ m(m) }}"),
    Attack("repeated text", "{{ 'a' * 10000000000 }}"),
    Attack("a wide format", "{{ '%10000000000d' % 1 }}"),
    Attack("a long range", "{{ range(1000000000)|list }}"),
    Attack("wide padding", "{{ 'x'.center(100000000000) }}"),
    Attack("a great power", "{{ 2 ** 100000000000 }}"),
    Attack("nested parentheses", Attack.nesting("(", ")")),
    Attack("a long sum", Attack.nesting("1 + ")),
    Attack("not not not", Attack.nesting("not ")),
    Attack("many signs", Attack.nesting("-")),
    Attack("many filters", "{{ x" + String(repeating: "|upper", count: 10_000) + " }}"),
    Attack("nested statements", String(repeating: "{% if x %}", count: 10_000)),
  ]

  @Test(arguments: attacks)
  func hostileTemplatesEndInAnError(_ attack: Attack) {
    #expect(throws: ChatTemplateError.self) {
      _ = try ChatTemplate(source: attack.source, name: "hostile").render(messages: .array([]))
    }
  }

  @Test func rangesOfAnyBoundsAreCounted() throws {
    let source =
      "{{ range(0, 9223372036854775807, -1)|length }} {{ range(9223372036854775807, 0, 1)|length }}"
      + " {{ range(0, 9223372036854775807, 9223372036854775807)|length }} {{ range(100000)|length }}"
    let text = try ChatTemplate(source: source, name: "t").render(messages: .array([]))
    #expect(text == "0 0 1 100000")
  }

  @Test func searchIsLinear() throws {
    let source =
      "{% set a = 'a' * 200000 %}{{ (a ~ a).find(a ~ 'b') }}{{ (a ~ a).replace(a ~ 'b', '')|length }}"
    let text = try ChatTemplate(source: source, name: "t").render(messages: .array([]))
    #expect(text == "-1400000")
  }
}
