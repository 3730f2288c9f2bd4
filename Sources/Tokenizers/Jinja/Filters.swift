extension Jinja {
  /// The filters by name, in the tables of the files that follow.
  enum Filters {
    typealias Filter = @Sendable (Evaluator, Value, Arguments) throws(Failure) -> Value

    static let all: [String: Filter] =
      text.merging(numbers) { $1 }.merging(sequences) { $1 }.merging(selections) { $1 }.merging(general) {
        $1
      }

    /// Jinja has these too; no chat template has been seen to use them.
    static let unsupported: Set = [
      "filesizeformat", "forceescape", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr",
    ]

    /// The filters that know what to do with text that `safe` or `escape` has marked.
    static let acceptingMarkup: Set = [
      "safe", "string", "escape", "e", "length", "count", "trim", "default", "d", "tojson",
    ]

    static let general: [String: Filter] = [
      "default": applyDefault,
      "d": applyDefault,
      "tojson": { evaluator, value, arguments throws(Failure) in
        .string(try tojson(value, arguments, evaluator))
      },
      "attr": { evaluator, value, arguments throws(Failure) in
        let name = try arguments.bound(to: "name", for: "attr").requiredString("name")
        return try evaluator.ownAttribute(name, of: value) ?? .undefined("there is no attribute '\(name)'")
      },
      "string": { _, value, arguments throws(Failure) in
        _ = try arguments.bound(for: "string")
        if case .markup = value { return value }
        return .string(try value.text())
      },
      "safe": { _, value, arguments throws(Failure) in
        _ = try arguments.bound(for: "safe")
        return .markup(try value.text())
      },
      "escape": applyEscape,
      "e": applyEscape,
    ]

    private static let applyDefault: Filter = { _, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "default_value", "boolean", for: "default")
      let isMissing = value.isUndefined || (bound.flag("boolean") && !Comparing.isTrue(value))
      return isMissing ? bound["default_value"] ?? .string("") : value
    }

    private static let applyEscape: Filter = { _, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "escape")
      if case .markup = value { return value }
      let escapes: [(String, String)] = [
        ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;"),
      ]
      var text = try value.text()
      for (plain, escaped) in escapes { text = try Text.replace(plain, with: escaped, in: text, limit: nil) }
      return .markup(text)
    }

    private static func tojson(
      _ value: Value, _ arguments: Arguments, _ evaluator: Evaluator
    ) throws(Failure) -> String {
      let bound = try arguments.bound(
        to: "ensure_ascii", "indent", "separators", "sort_keys", for: "tojson")
      var indentation: String?
      switch bound.present("indent") {
      case nil: break
      case .some(let indent):
        if let text = indent.stringValue {
          indentation = text
        } else if let width = indent.integerValue {
          try Text.check(size: width)
          indentation = String(repeating: " ", count: max(0, width))
        } else {
          throw .failed("'indent' of 'tojson' must be an integer or a string")
        }
      }
      var separators: (item: String, key: String)?
      if let given = bound.present("separators") {
        let pair = try evaluator.elements(of: given).compactMap(\.stringValue)
        guard pair.count == 2 else { throw .failed("'separators' of 'tojson' must be two strings") }
        separators = (pair[0], pair[1])
      }
      var json = JSONText(indentation: indentation, separators: separators)
      json.escapesNonASCII = bound.flag("ensure_ascii")
      json.sortsKeys = bound.flag("sort_keys")
      return try json.write(value)
    }
  }
}

extension Jinja.Evaluator {
  func filter(_ value: Value, _ name: String, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    try charge(value.size.addingSaturated(arguments.size))
    guard let filter = Jinja.Filters.all[name] else {
      throw Jinja.Filters.unsupported.contains(name)
        ? .unsupported("the filter '\(name)'") : .failed("there is no filter '\(name)'")
    }
    if case .markup = value, !Jinja.Filters.acceptingMarkup.contains(name) {
      throw .unsupported("the filter '\(name)' on text that 'safe' or 'escape' has marked")
    }
    return try filter(self, value, arguments)
  }
}
