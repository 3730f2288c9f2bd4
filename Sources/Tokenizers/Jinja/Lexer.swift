extension Jinja {
  /// Cuts template source into tokens and applies whitespace control: `-` and `+` marks, `trim_blocks`
  /// (the newline after a block goes) and `lstrip_blocks` (blanks before a block at a line's start go).
  struct Lexer {
    private let source: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private var tokens: [Token] = []

    static func tokenize(_ text: String) throws(Failure) -> [Token] {
      var lexer = Lexer(text)
      try lexer.run()
      return lexer.tokens
    }

    /// Line ends become `\n`, and one at the very end is dropped, as Jinja does.
    private init(_ text: String) {
      var scalars: [Unicode.Scalar] = []
      for scalar in text.unicodeScalars {
        if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
        if scalar != "\n", scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
        scalars.append(scalar)
      }
      if scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
      if scalars.last == "\n" { scalars.removeLast() }
      source = scalars
    }

    // MARK: - Text and tags

    private mutating func run() throws(Failure) {
      while position < source.count {
        guard let opening = nextOpening() else {
          appendData(source[position...])
          position = source.count
          break
        }
        let kind = source[opening + 1]
        let mark = scalar(at: opening + 2)
        appendData(textBeforeTag(opening, mark: mark, isVariable: kind == "{"))
        advance(to: opening + 2)
        let raw = kind == "%" ? endOfRawOpening(opening) : nil
        if let raw {
          advance(to: raw)
          try lexRawBlock()
          continue
        }
        if mark == "-" || mark == "+" { advance(to: position + 1) }
        switch kind {
        case "#": try skipComment()
        case "{": try lexTag(.variableBegin, end: .variableEnd, closing: "}}")
        default: try lexTag(.blockBegin, end: .blockEnd, closing: "%}")
        }
      }
      append(.end)
    }

    private func nextOpening() -> Int? {
      var index = position
      while index + 1 < source.count {
        if source[index] == "{" {
          let next = source[index + 1]
          if next == "%" || next == "{" || next == "#" { return index }
        }
        index += 1
      }
      return nil
    }

    /// The text up to a tag, without the blanks that its mark or `lstrip_blocks` takes away.
    private func textBeforeTag(
      _ opening: Int, mark: Unicode.Scalar?, isVariable: Bool
    ) -> ArraySlice<Unicode.Scalar> {
      var text = source[position..<opening]
      if mark == "-" {
        while let last = text.last, last.isPythonSpace { text.removeLast() }
      } else if mark != "+", !isVariable {
        let afterNewline = text.lastIndex(of: "\n").map { $0 + 1 }
        let isAtLineStart = position == 0 || source[position - 1] == "\n"
        let start = afterNewline ?? position
        if afterNewline != nil || isAtLineStart, text[start...].allSatisfy(\.isPythonSpace) {
          text = text[..<start]
        }
      }
      return text
    }

    private mutating func appendData(_ text: ArraySlice<Unicode.Scalar>) {
      guard !text.isEmpty else { return }
      append(.data(String(scalars: text)))
    }

    private mutating func skipComment() throws(Failure) {
      let start = line
      while position < source.count {
        if let end = endOfTag("#}", mayKeepNewline: true) { return advance(to: end) }
        advance(to: position + 1)
      }
      throw Failure(.syntax, "the comment is never closed", line: start)
    }

    /// Where `{% raw %}` ends when one starts at `opening`.
    private func endOfRawOpening(_ opening: Int) -> Int? {
      endOfBlock(named: "raw", at: opening) { after in
        if matches("-%}", at: after) { return skippingSpace(after + 3) }
        return matches("%}", at: after) ? after + 2 : nil
      }
    }

    private func endOfBlock(named name: String, at opening: Int, closing: (Int) -> Int?) -> Int? {
      var index = opening + 2
      if let mark = scalar(at: index), mark == "-" || mark == "+" { index += 1 }
      index = skippingSpace(index)
      guard matches(name, at: index) else { return nil }
      return closing(skippingSpace(index + name.unicodeScalars.count))
    }

    private mutating func lexRawBlock() throws(Failure) {
      let start = line
      var index = position
      while index < source.count {
        if matches("{%", at: index) {
          let end = endOfBlock(named: "endraw", at: index) { endOfTag("%}", at: $0, mayKeepNewline: true) }
          if let end {
            appendData(textBeforeTag(index, mark: scalar(at: index + 2), isVariable: false))
            return advance(to: end)
          }
        }
        index += 1
      }
      throw Failure(.syntax, "the raw block is never closed", line: start)
    }

    /// Where a tag that closes at `index` (here by default) ends, the whitespace that it takes included.
    private func endOfTag(_ closing: String, at index: Int? = nil, mayKeepNewline: Bool) -> Int? {
      let index = index ?? position
      if matches("-" + closing, at: index) { return skippingSpace(index + 3) }
      if mayKeepNewline, matches("+" + closing, at: index) { return index + 3 }
      guard matches(closing, at: index) else { return nil }
      return mayKeepNewline && scalar(at: index + 2) == "\n" ? index + 3 : index + 2
    }

    // MARK: - Inside a tag

    private mutating func lexTag(
      _ begin: Token.Kind, end: Token.Kind, closing: String
    ) throws(Failure) {
      let start = line
      append(begin)
      var brackets: [Unicode.Scalar] = []
      while let scalar = scalar(at: position) {
        if scalar.isPythonSpace {
          advance(to: position + 1)
        } else if brackets.isEmpty, let after = endOfTag(closing, mayKeepNewline: end == .blockEnd) {
          append(end)
          return advance(to: after)
        } else if scalar.isASCIIDigit {
          try lexNumber()
        } else if scalar.isIdentifierPart {
          lexName()
        } else if scalar == "'" || scalar == "\"" {
          try lexString(quote: scalar)
        } else {
          try lexSymbol(&brackets)
        }
      }
      throw Failure(.syntax, "the tag is never closed", line: start)
    }

    private mutating func lexName() {
      let start = position
      while let scalar = scalar(at: position), scalar.isIdentifierPart { position += 1 }
      append(.name(String(scalars: source[start..<position])))
    }

    private mutating func lexSymbol(_ brackets: inout [Unicode.Scalar]) throws(Failure) {
      let pairs: [Unicode.Scalar: Unicode.Scalar] = ["(": ")", "[": "]", "{": "}"]
      let scalar = source[position]
      for symbol in ["//", "**", "==", "!=", ">=", "<="] where matches(symbol, at: position) {
        append(.symbol(symbol))
        return advance(to: position + 2)
      }
      guard "+-/*%~[](){}><=.:|,;".unicodeScalars.contains(scalar) else {
        throw Failure(.syntax, "unexpected character '\(scalar)'", line: line)
      }
      if let closing = pairs[scalar] { brackets.append(closing) }
      if pairs.values.contains(scalar), brackets.popLast() != scalar {
        throw Failure(.syntax, "unexpected '\(scalar)'", line: line)
      }
      append(.symbol(String(scalar)))
      advance(to: position + 1)
    }

    private mutating func lexNumber() throws(Failure) {
      let start = position
      func digits(from index: Int, where isDigit: (Unicode.Scalar) -> Bool) -> Int {
        var index = index
        while let scalar = scalar(at: index) {
          let continues = scalar == "_" && self.scalar(at: index + 1).map(isDigit) == true
          guard isDigit(scalar) || continues else { break }
          index += 1
        }
        return index
      }
      func text(_ range: Range<Int>) -> String { String(scalars: source[range].filter { $0 != "_" }) }

      if source[start] == "0", let letter = scalar(at: start + 1),
        let radix = ["b": 2, "o": 8, "x": 16][letter.properties.lowercaseMapping]
      {
        let end = digits(from: start + 2) { $0.properties.isASCIIHexDigit }
        guard let value = Int(text(start + 2..<end), radix: radix) else {
          throw Failure(.syntax, "'\(text(start..<end))' is not a number", line: line)
        }
        append(.integer(value))
        return advance(to: end)
      }
      var end = digits(from: start, where: \.isASCIIDigit)
      let integerEnd = end
      let followsDot = start > 0 && source[start - 1] == "."
      if !followsDot {
        if scalar(at: end) == ".", scalar(at: end + 1)?.isASCIIDigit == true {
          end = digits(from: end + 1, where: \.isASCIIDigit)
        }
        if let letter = scalar(at: end), letter == "e" || letter == "E" {
          let sign = scalar(at: end + 1)
          let exponent = sign == "+" || sign == "-" ? end + 2 : end + 1
          if scalar(at: exponent)?.isASCIIDigit == true {
            end = digits(from: exponent, where: \.isASCIIDigit)
          }
        }
      }
      if end == integerEnd {
        guard let value = Int(text(start..<end)) else {
          throw Failure(.unsupported, "integers beyond 64 bits", line: line)
        }
        append(.integer(value))
      } else {
        append(.number(Double(text(start..<end)) ?? .nan))
      }
      advance(to: end)
    }

    private mutating func lexString(quote: Unicode.Scalar) throws(Failure) {
      let start = line
      var literal: [Unicode.Scalar] = []
      var index = position + 1
      while let scalar = scalar(at: index), scalar != quote {
        literal.append(scalar)
        if scalar == "\\", let escaped = self.scalar(at: index + 1) {
          literal.append(escaped)
          index += 1
        }
        index += 1
      }
      guard index < source.count else {
        throw Failure(.syntax, "the string is never closed", line: start)
      }
      append(.string(try StringLiteral.unescape(literal, line: start)))
      advance(to: index + 1)
    }

    // MARK: - Small tools

    private func scalar(at index: Int) -> Unicode.Scalar? {
      source.indices.contains(index) ? source[index] : nil
    }

    private func matches(_ text: String, at index: Int) -> Bool {
      var index = index
      for expected in text.unicodeScalars {
        guard scalar(at: index) == expected else { return false }
        index += 1
      }
      return true
    }

    private func skippingSpace(_ index: Int) -> Int {
      var index = index
      while let scalar = scalar(at: index), scalar.isPythonSpace { index += 1 }
      return index
    }

    private mutating func append(_ kind: Token.Kind) {
      tokens.append(Token(kind: kind, line: line))
    }

    private mutating func advance(to index: Int) {
      for scalar in source[position..<index] where scalar == "\n" { line += 1 }
      position = index
    }
  }
}
