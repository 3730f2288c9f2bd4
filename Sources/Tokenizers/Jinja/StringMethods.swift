extension Jinja.Evaluator {
  /// The methods of Python's `str`.
  func callStringMethod(
    _ name: String, on text: String, _ arguments: Jinja.Arguments
  ) throws(Failure) -> Value {
    switch name {
    case "format": return .string(try formatBraces(text, arguments))
    case "join":
      let bound = try arguments.bound(to: "iterable", for: name)
      return .string(try join(try elements(of: try bound.required("iterable")), with: text, isStrict: true))
    case "strip", "lstrip", "rstrip":
      let bound = try arguments.bound(to: "chars", for: name)
      let side: Jinja.Text.Side = name == "strip" ? .both : name == "lstrip" ? .left : .right
      return .string(Jinja.Text.strip(text, of: try bound.string("chars"), at: side))
    case "split", "rsplit":
      let bound = try arguments.bound(to: "sep", "maxsplit", for: name)
      let parts = try Jinja.Text.split(
        text, by: try bound.string("sep"), limit: try bound.integer("maxsplit"), fromRight: name == "rsplit")
      return .list(parts.map(Value.string))
    case "splitlines":
      let bound = try arguments.bound(to: "keepends", for: name)
      return .list(Jinja.Text.splitLines(text, keepingEnds: bound.flag("keepends")).map(Value.string))
    case "partition", "rpartition": return try partition(text, arguments, fromRight: name == "rpartition")
    case "replace":
      let bound = try arguments.bound(to: "old", "new", "count", for: name)
      return .string(
        try Jinja.Text.replace(
          try bound.requiredString("old"), with: try bound.requiredString("new"), in: text,
          limit: try bound.integer("count")))
    case "startswith", "endswith", "count", "find", "rfind", "index", "rindex":
      return try search(name, in: text, arguments)
    case "removeprefix", "removesuffix":
      let affix = try arguments.bound(to: "affix", for: name).requiredString("affix")
      let isPrefix = name == "removeprefix"
      guard !affix.isEmpty, Self.has(affix, in: Array(text.utf8), atStart: isPrefix) else {
        return .string(text)
      }
      let kept = text.utf8.count - affix.utf8.count
      let bytes = isPrefix ? Array(text.utf8.suffix(kept)) : Array(text.utf8.prefix(kept))
      return .string(String(decoding: bytes, as: UTF8.self))
    case "ljust", "rjust", "center", "zfill": return .string(try pad(name, text, arguments))
    case "encode", "expandtabs", "format_map", "maketrans", "translate", "casefold":
      throw .unsupported("the method '\(name)' of a string")
    default: break
    }
    _ = try arguments.bound(for: name)
    switch name {
    case "upper": return .string(Jinja.Text.upper(text))
    case "lower": return .string(Jinja.Text.lower(text))
    case "title": return .string(Jinja.Text.title(text))
    case "capitalize": return .string(Jinja.Text.capitalize(text))
    case "swapcase": return .string(Jinja.Text.swapCase(text))
    default: return .boolean(Self.classify(name, text))
    }
  }

  /// The text of all values with a separator between them; `isStrict` takes strings only, as `str.join` does.
  func join(_ values: [Value], with separator: String, isStrict: Bool) throws(Failure) -> String {
    var result = ""
    for (index, value) in values.enumerated() {
      if index > 0 { result += separator }
      if isStrict, value.stringValue == nil {
        throw .failed("sequence item \(index): expected str instance, \(value.typeName) found")
      }
      result += try value.text()
      try Jinja.Text.check(size: result.utf8.count)
    }
    try charge(result.utf8.count)
    return result
  }

  private func partition(
    _ text: String, _ arguments: Jinja.Arguments, fromRight: Bool
  ) throws(Failure) -> Value {
    let separator = try arguments.bound(to: "sep", for: "partition").requiredString("sep")
    let parts = try Jinja.Text.split(text, by: separator, limit: 1, fromRight: fromRight)
    let three =
      parts.count == 2 ? [parts[0], separator, parts[1]] : fromRight ? ["", "", text] : [text, "", ""]
    return .tuple(three.map(Value.string))
  }

  private func pad(_ name: String, _ text: String, _ arguments: Jinja.Arguments) throws(Failure) -> String {
    let bound = try arguments.bound(to: "width", "fillchar", for: name)
    let width = try bound.required("width").integerValue ?? 0
    if name == "zfill" {
      let hasSign = text.hasPrefix("-") || text.hasPrefix("+")
      let digits = hasSign ? String(text.dropFirst()) : text
      return (hasSign ? String(text.prefix(1)) : "")
        + (try Jinja.Text.pad(digits, to: width - (hasSign ? 1 : 0), with: "0", at: .left))
    }
    let fill = Array((try bound.string("fillchar") ?? " ").unicodeScalars)
    guard fill.count == 1 else { throw .failed("the fill character must be exactly one character long") }
    return try Jinja.Text.pad(
      text, to: width, with: fill[0], at: name == "ljust" ? .right : name == "rjust" ? .left : .both)
  }

  // MARK: - Search

  private func search(_ name: String, in text: String, _ arguments: Jinja.Arguments) throws(Failure) -> Value
  {
    let bound = try arguments.bound(to: "sub", "start", "end", for: name)
    let scalars = Array(text.unicodeScalars)
    func clamped(_ index: Int?, _ fallback: Int) -> Int {
      guard let index else { return fallback }
      return min(max(index < 0 ? index.addingSaturated(scalars.count) : index, 0), scalars.count)
    }
    let start = clamped(try bound.integer("start"), 0)
    let end = clamped(try bound.integer("end"), scalars.count)
    let isBeyond = (try bound.integer("start") ?? 0) > scalars.count || start > end
    let window = isBeyond ? "" : String(scalars: scalars[start..<end])
    let bytes = Array(window.utf8)

    if name == "startswith" || name == "endswith" {
      var candidates = [try bound.required("sub")]
      if case .sequence(let elements) = candidates[0], elements.isTuple { candidates = elements.values }
      for candidate in candidates {
        guard let affix = candidate.stringValue else {
          throw .failed("\(name) first arg must be str or a tuple of str, not \(candidate.typeName)")
        }
        if !isBeyond, Self.has(affix, in: bytes, atStart: name == "startswith") { return .boolean(true) }
      }
      return .boolean(false)
    }

    let needle = try bound.requiredString("sub")
    let fromRight = name.hasPrefix("r")
    var place: Int?
    if needle.isEmpty {
      if name == "count" { return .integer(isBeyond ? 0 : window.unicodeScalars.count + 1) }
      place = isBeyond ? nil : fromRight ? bytes.count : 0
    } else {
      let pattern = Array(needle.utf8)
      if name == "count" { return .integer(Jinja.Text.occurrences(of: pattern, in: bytes).count) }
      place =
        fromRight
        ? Jinja.Text.occurrences(of: pattern.reversed(), in: bytes.reversed(), limit: 1).first
          .map { bytes.count - $0 - pattern.count }
        : Jinja.Text.occurrences(of: pattern, in: bytes, limit: 1).first
    }
    guard let place else {
      if name.hasSuffix("index") { throw .failed("substring not found") }
      return .integer(-1)
    }
    return .integer(start + String(decoding: bytes[..<place], as: UTF8.self).unicodeScalars.count)
  }

  private static func has(_ affix: String, in bytes: [UInt8], atStart: Bool) -> Bool {
    atStart ? bytes.starts(with: affix.utf8) : bytes.reversed().starts(with: affix.utf8.reversed())
  }

  // MARK: - Classes of characters

  private static func classify(_ name: String, _ text: String) -> Bool {
    let scalars = text.unicodeScalars
    func all(_ holds: (Unicode.Scalar) -> Bool) -> Bool { !scalars.isEmpty && scalars.allSatisfy(holds) }
    switch name {
    case "isascii": return scalars.allSatisfy(\.isASCII)
    case "isprintable": return scalars.allSatisfy(\.isPrintable)
    case "isspace": return all(\.isPythonSpace)
    case "isalpha": return all(\.isLetter)
    case "isdecimal": return all { $0.properties.numericType == .decimal }
    case "isdigit": return all(\.isDigit)
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isalnum": return all { $0.isLetter || $0.properties.numericType != nil }
    case "isidentifier":
      return all { $0 == "_" || $0.properties.isXIDContinue }
        && scalars.first.map { $0 == "_" || $0.properties.isXIDStart } == true
    case "isupper": return isUpper(text)
    case "islower": return isLower(text)
    default: return isTitle(text)
    }
  }

  static func isUpper(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.isUppercase }
      && !text.unicodeScalars.contains { $0.properties.isLowercase || $0.isTitlecase }
  }

  static func isLower(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.isLowercase }
      && !text.unicodeScalars.contains { $0.properties.isUppercase || $0.isTitlecase }
  }

  private static func isTitle(_ text: String) -> Bool {
    var followsCased = false
    var hasCased = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isUppercase || scalar.isTitlecase {
        if followsCased { return false }
        (followsCased, hasCased) = (true, true)
      } else if scalar.properties.isLowercase {
        if !followsCased { return false }
        hasCased = true
      } else {
        followsCased = false
      }
    }
    return hasCased
  }
}
