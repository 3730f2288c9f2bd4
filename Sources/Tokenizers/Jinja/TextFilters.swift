import Foundation

extension Jinja.Filters {
  typealias Failure = Jinja.Failure
  typealias Value = Jinja.Value

  static let text: [String: Filter] = [
    "upper": mapping("upper", Jinja.Text.upper),
    "lower": mapping("lower", Jinja.Text.lower),
    "capitalize": mapping("capitalize", Jinja.Text.capitalize),
    "title": mapping("title", titleWords),
    "trim": { _, value, arguments throws(Failure) in
      let characters = try arguments.bound(to: "chars", for: "trim").string("chars")
      let trimmed = Jinja.Text.strip(try value.text(), of: characters)
      if case .markup = value { return .markup(trimmed) }
      return .string(trimmed)
    },
    "replace": { _, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "old", "new", "count", for: "replace")
      return .string(
        try Jinja.Text.replace(
          try bound.required("old").text(), with: try bound.required("new").text(), in: try value.text(),
          limit: try bound.integer("count")))
    },
    "center": { _, value, arguments throws(Failure) in
      let width = try arguments.bound(to: "width", for: "center").integer("width") ?? 80
      return .string(try Jinja.Text.pad(try value.text(), to: width, with: " ", at: .both))
    },
    "indent": { _, value, arguments throws(Failure) in .string(try indent(value, arguments)) },
    "truncate": { _, value, arguments throws(Failure) in .string(try truncate(value, arguments)) },
    "wordcount": { _, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "wordcount")
      let words = try value.text().unicodeScalars.split {
        !($0 == "_" || $0.isLetter || $0.properties.numericType != nil)
      }
      return .integer(words.count)
    },
    "format": { evaluator, value, arguments throws(Failure) in
      guard arguments.positional.isEmpty || arguments.named.isEmpty else {
        throw .failed("'format' can't take positional and keyword arguments at once")
      }
      var operand = Value.tuple(arguments.positional)
      if !arguments.named.isEmpty {
        var mapping = Jinja.Mapping()
        for (name, value) in arguments.named { try mapping.set(name, to: value) }
        operand = .mapping(mapping)
      }
      return .string(try Jinja.PercentFormat.apply(try value.text(), to: operand))
    },
    "urlencode": { evaluator, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "urlencode")
      switch value {
      case .sequence, .mapping, .object: throw .unsupported("'urlencode' of anything but text")
      default: return .string(quoteURL(try value.text()))
      }
    },
  ]

  private static func mapping(_ name: String, _ transform: @escaping @Sendable (String) -> String) -> Filter {
    { _, value, arguments throws(Failure) in
      _ = try arguments.bound(for: name)
      return .string(transform(try value.text()))
    }
  }

  /// Jinja's own rule, which differs from `str.title`: words begin after blanks, hyphens and opening brackets.
  private static func titleWords(_ text: String) -> String {
    var result = ""
    var word: [Unicode.Scalar] = []
    func flushed() -> String {
      guard let first = word.first else { return "" }
      return Jinja.Text.upper(String(first)) + Jinja.Text.lower(String(scalars: word.dropFirst()))
    }
    for scalar in text.unicodeScalars {
      guard scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) else {
        word.append(scalar)
        continue
      }
      result += flushed() + String(scalar)
      word = []
    }
    return result + flushed()
  }

  private static func indent(_ value: Value, _ arguments: Jinja.Arguments) throws(Failure) -> String {
    let bound = try arguments.bound(to: "width", "first", "blank", for: "indent")
    guard let text = value.stringValue else { throw .failed("'indent' needs text, not \(value.typeName)") }
    let indentation: String
    switch bound["width"] {
    case nil: indentation = "    "
    case .some(let width):
      if let text = width.stringValue {
        indentation = text
      } else {
        let count = max(0, width.integerValue ?? 0)
        try Jinja.Text.check(size: count)
        indentation = String(repeating: " ", count: count)
      }
    }
    let lines = Jinja.Text.splitLines(text + "\n")
    try Jinja.Text.check(
      size: text.utf8.count.addingSaturated(lines.count.multipliedSaturated(by: indentation.utf8.count)))
    let indentsBlank = bound.flag("blank")
    let rest = lines.dropFirst().map { $0.isEmpty && !indentsBlank ? $0 : indentation + $0 }
    let joined = (lines.prefix(1) + rest).joined(separator: "\n")
    return bound.flag("first") ? indentation + joined : joined
  }

  private static func truncate(_ value: Value, _ arguments: Jinja.Arguments) throws(Failure) -> String {
    let bound = try arguments.bound(to: "length", "killwords", "end", "leeway", for: "truncate")
    let length = try bound.integer("length") ?? 255
    let end = try bound.string("end") ?? "..."
    let leeway = try bound.integer("leeway") ?? 5
    guard let text = value.stringValue else { throw .failed("'truncate' needs text, not \(value.typeName)") }
    let endLength = end.unicodeScalars.count
    guard length >= endLength, leeway >= 0 else {
      throw .failed("'truncate' needs a length of at least \(endLength)")
    }
    guard text.unicodeScalars.count > length.addingSaturated(leeway) else { return text }
    let kept = String(scalars: text.unicodeScalars.prefix(length - endLength))
    if bound.flag("killwords") { return kept + end }
    return try Jinja.Text.split(kept, by: " ", limit: 1, fromRight: true)[0] + end
  }

  /// Percent-encodes all but letters, digits and `_.-~/`, as Python's `quote` does.
  private static func quoteURL(_ text: String) -> String {
    let safe = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/".utf8)
    var result = ""
    for byte in text.utf8 {
      result += safe.contains(byte) ? String(Unicode.Scalar(byte)) : "%" + String(format: "%02X", byte)
    }
    return result
  }
}
