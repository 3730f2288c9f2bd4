extension Jinja.Evaluator {
  /// Python's `str.format`: `{}`, `{0}`, `{name.attribute[key]!r:>8}`.
  func formatBraces(_ format: String, _ arguments: Jinja.Arguments) throws(Jinja.Failure) -> String {
    var rest = Array(format.unicodeScalars)[...]
    var result = String.UnicodeScalarView()
    var automatic = 0
    while let scalar = rest.popFirst() {
      if scalar == "{" || scalar == "}", rest.first == scalar {
        rest.removeFirst()
        result.append(scalar)
      } else if scalar == "{" {
        guard let end = rest.firstIndex(of: "}") else { throw .failed("expected '}' before end of string") }
        let field = rest[..<end]
        guard !field.contains("{") else { throw .unsupported("nested fields in formats") }
        rest = rest[(end + 1)...]
        let text = try formatField(field, arguments, automatic: &automatic)
        result.append(contentsOf: text.unicodeScalars)
        try Jinja.Text.check(size: result.count)
      } else if scalar == "}" {
        throw .failed("single '}' encountered in format string")
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  private func formatField(
    _ field: ArraySlice<Unicode.Scalar>, _ arguments: Jinja.Arguments, automatic: inout Int
  ) throws(Jinja.Failure) -> String {
    let parts = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let specification = try Jinja.FormatSpecification(parts.count > 1 ? String(scalars: parts[1]) : "")
    var path = parts[0]
    var conversion: Unicode.Scalar?
    if let mark = path.lastIndex(of: "!") {
      conversion = path[(mark + 1)...].first
      path = path[..<mark]
    }
    let value = try fieldValue(path, arguments, automatic: &automatic)
    switch conversion {
    case nil: return try specification.format(value)
    case "s": return try specification.format(.string(try value.text()))
    case "r": return try specification.format(.string(try value.representation()))
    case .some(let letter): throw .unsupported("'!\(letter)' in formats")
    }
  }

  private func fieldValue(
    _ path: ArraySlice<Unicode.Scalar>, _ arguments: Jinja.Arguments, automatic: inout Int
  ) throws(Jinja.Failure) -> Jinja.Value {
    let end = path.firstIndex { $0 == "." || $0 == "[" } ?? path.endIndex
    let first = String(scalars: path[..<end])
    var rest = path[end...]
    var value: Jinja.Value
    if let index = first.isEmpty ? automatic : Int(first) {
      if first.isEmpty { automatic += 1 }
      guard arguments.positional.indices.contains(index) else {
        throw .failed("replacement index \(index) is out of range for the format's arguments")
      }
      value = arguments.positional[index]
    } else {
      guard let named = arguments.named.last(where: { $0.name == first }) else {
        throw .failed("the format's key '\(first)' is missing")
      }
      value = named.value
    }
    while let mark = rest.popFirst() {
      if mark == "." {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest.dropFirst(name.count)
        value = try attribute(String(scalars: name), of: value)
      } else {
        guard mark == "[", let close = rest.firstIndex(of: "]") else {
          throw .failed("malformed format field")
        }
        let key = String(scalars: rest[..<close])
        rest = rest[(close + 1)...]
        value = try item(Int(key).map(Jinja.Value.integer) ?? .string(key), of: value)
      }
    }
    return value
  }
}
