extension Jinja {
  /// The escapes of a quoted string, as Python reads them.
  enum StringLiteral {
    /// The text between the quotes with its escapes replaced; an unknown escape stays as it is written.
    static func unescape(_ literal: [Unicode.Scalar], line: Int) throws(Failure) -> String {
      var text = String.UnicodeScalarView()
      var index = 0
      while index < literal.count {
        guard literal[index] == "\\", index + 1 < literal.count else {
          text.append(literal[index])
          index += 1
          continue
        }
        let letter = literal[index + 1]
        index += 2
        if let replacement = simple[letter] {
          text.append(contentsOf: replacement.unicodeScalars)
        } else if let count = ["x": 2, "u": 4, "U": 8][letter] {
          text.append(try scalar(literal, from: index, count: count, radix: 16, line: line))
          index += count
        } else if letter.isOctalDigit {
          var end = index
          while end < literal.count, end < index + 2, literal[end].isOctalDigit { end += 1 }
          text.append(try scalar(literal, from: index - 1, count: end - index + 1, radix: 8, line: line))
          index = end
        } else if letter == "N" {
          throw Failure(.unsupported, "named characters (\\N) in strings", line: line)
        } else {
          text.append("\\")
          text.append(letter)
        }
      }
      return String(text)
    }

    private static let simple: [Unicode.Scalar: String] = [
      "\n": "", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n",
      "r": "\r", "t": "\t", "v": "\u{B}",
    ]

    private static func scalar(
      _ literal: [Unicode.Scalar], from start: Int, count: Int, radix: Int, line: Int
    ) throws(Failure) -> Unicode.Scalar {
      let digits = String(scalars: literal[start..<min(start + count, literal.count)])
      guard digits.utf8.count == count, digits.allSatisfy(\.isHexDigit),
        let value = UInt32(digits, radix: radix)
      else { throw Failure(.syntax, "a character escape in a string is cut short", line: line) }
      guard let scalar = Unicode.Scalar(value) else {
        throw Failure(.unsupported, "lone surrogates in strings", line: line)
      }
      return scalar
    }
  }
}
