/// Patterns of tokenizer.json are written for Oniguruma; this writes them for PCRE2.
///
/// What differs and occurs: `\s` (PCRE2 counts U+180E), `\w`, `\h` (a hexadecimal digit in Oniguruma), `\uHHHH`, and
/// brackets inside brackets. What can't be said in PCRE2 is refused rather than matched wrongly.
enum OnigurumaDialect {
  /// Characters of words in Oniguruma and in Rust: the content of a bracket expression.
  static let wordCharacters = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"#

  /// The same pattern for PCRE2.
  static func translate(_ pattern: String) throws(RegularExpression.Failure) -> String {
    var translation = Translation(pattern: pattern)
    try translation.run()
    return translation.output
  }

  private struct Translation {
    let pattern: String
    var rest: Substring.UnicodeScalarView
    var output = ""

    init(pattern: String) {
      self.pattern = pattern
      rest = Substring(pattern).unicodeScalars
    }

    mutating func run() throws(RegularExpression.Failure) {
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\\":
          let takesBraces = rest.first.map { "pPxo".unicodeScalars.contains($0) } ?? false
          try escape(isBracketed: false)
          // What stands in such braces is a name or a character, however it looks.
          if takesBraces, rest.first == "{" { output.unicodeScalars.append(rest.removeFirst()) }
        case "[": try bracket()
        case "{":
          try checkInterval()
          output += "{"
        default: output.unicodeScalars.append(scalar)
        }
      }
    }

    /// Refuses `a{1,3}+`, its opening brace already read.
    ///
    /// Oniguruma repeats the interval; PCRE2 would match it once and never give anything back.
    private func checkInterval() throws(RegularExpression.Failure) {
      let bounds = rest.prefix { $0 == "," || ("0"..."9").contains($0) }
      let after = rest.dropFirst(bounds.count)
      guard bounds.contains(where: { $0 != "," }), after.first == "}", after.dropFirst().first == "+" else {
        return
      }
      throw failure("'+' after an interval is not supported")
    }

    /// A bracket expression, its opening bracket already read.
    private mutating func bracket() throws(RegularExpression.Failure) {
      output += "["
      if rest.first == "^" { output.unicodeScalars.append(rest.removeFirst()) }
      var depth = 1
      var isFirst = true
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\\":
          try escape(isBracketed: true)
        case "[" where rest.first == ":":
          try namedClass()
        case "[":
          // A union: its members may as well stand in the outer expression.
          if rest.first == "^" { throw failure("a negated set inside a set is not supported") }
          depth += 1
        case "&" where rest.first == "&":
          throw failure("the intersection of sets (&&) is not supported")
        case "]" where isFirst:
          output += "\\]"
        case "]":
          depth -= 1
          if depth == 0 {
            output += "]"
            return
          }
        default:
          output.unicodeScalars.append(scalar)
        }
        isFirst = false
      }
      throw failure("a set is not closed")
    }

    /// `[:alpha:]` and its kin, the opening bracket already read.
    private mutating func namedClass() throws(RegularExpression.Failure) {
      output += "["
      while let scalar = rest.popFirst() {
        output.unicodeScalars.append(scalar)
        if scalar == "]" { return }
      }
      throw failure("a named class is not closed")
    }

    /// An escape, its backslash already read.
    private mutating func escape(isBracketed: Bool) throws(RegularExpression.Failure) {
      guard let scalar = rest.popFirst() else { throw failure("it ends with a backslash") }
      switch scalar {
      case "s": output += #"\p{White_Space}"#
      case "S": output += #"\P{White_Space}"#
      case "w": output += isBracketed ? wordCharacters : "[\(wordCharacters)]"
      case "W" where isBracketed: throw failure(#"\W inside a set is not supported"#)
      case "W": output += "[^\(wordCharacters)]"
      case "h": output += isBracketed ? "0-9a-fA-F" : "[0-9a-fA-F]"
      case "u":
        let digits = rest.prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit) else {
          throw failure(#"\u needs four hexadecimal digits"#)
        }
        output += "\\x{\(String(digits))}"
        rest.removeFirst(4)
      default:
        output += "\\"
        output.unicodeScalars.append(scalar)
      }
    }

    private func failure(_ problem: String) -> RegularExpression.Failure {
      RegularExpression.Failure(pattern: pattern, problem: problem)
    }
  }
}
