/// Getting the program out of what a model wrote.
public enum CodeText {
  /// The first fenced block, or everything where nothing is fenced; an unended fence counts to the end.
  public static func unfenced(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(where: { isFence($0) }) else { return text }
    lines.removeFirst(start + 1)
    return lines.prefix { !isFence($0) }.joined(separator: "\n")
  }

  private static func isFence(_ line: Substring) -> Bool {
    line.drop { $0 == " " }.hasPrefix("```")
  }

  /// Without the unindented lines that test or print: the function's own lines are indented and stay.
  public static func withoutTests(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      !line.hasPrefix("assert") && !line.hasPrefix("print")
    }.joined(separator: "\n")
  }

  /// With the closing braces that a program's beginning still lacks, each on a line.
  ///
  /// Braces in strings and comments don't count.
  public static func closed(_ completion: String, after beginning: String) -> String {
    let open = openBraces(beginning + completion)
    return open > 0 ? completion + String(repeating: "\n}", count: open) : completion
  }

  private static func openBraces(_ text: String) -> Int {
    var depth = 0
    var (inString, inComment, isEscaped) = (false, false, false)
    var previous: Character = " "
    var blockDepth = 0
    for character in text {
      defer { previous = character }
      if inComment {
        inComment = !character.isNewline
      } else if blockDepth > 0 {
        if previous == "*", character == "/" { blockDepth -= 1 }
        if previous == "/", character == "*" { blockDepth += 1 }
      } else if inString {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" || character.isNewline {
          inString = false
        }
      } else if character == "\"" {
        inString = true
      } else if previous == "/", character == "/" {
        inComment = true
      } else if previous == "/", character == "*" {
        blockDepth = 1
      } else if character == "{" {
        depth += 1
      } else if character == "}" {
        depth -= 1
      }
    }
    return depth
  }

  /// A text as a literal that Python reads back as it is.
  public static func pythonLiteral(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": literal += "\\\(scalar)"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case _ where scalar.value < 32 || scalar.value == 127:
        literal += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }
}
