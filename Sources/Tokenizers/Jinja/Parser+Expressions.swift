extension Jinja.Parser {
  typealias Expression = Jinja.Expression
  typealias Failure = Jinja.Failure

  /// One expression, or several separated by commas, which make a tuple.
  mutating func parseTuple(
    allowsConditional: Bool = true, endsBefore end: Jinja.Token.Kind? = nil, isParenthesized: Bool = false
  ) throws(Failure) -> Expression {
    let start = line
    var elements: [Expression] = []
    var isTuple = false
    while true {
      let isAtEnd =
        current == .variableEnd || current == .blockEnd || current == .symbol(")") || current == end
      if isAtEnd { break }
      elements.append(allowsConditional ? try parseExpression() : try parseOr())
      guard skip(.symbol(",")) else { break }
      isTuple = true
    }
    if !isTuple, let only = elements.first { return only }
    guard isTuple || isParenthesized else { throw unexpectedToken(expected: "an expression") }
    return try Expression(.tuple(elements), line: start)
  }

  /// `a if b else c`, and everything that binds tighter.
  mutating func parseExpression() throws(Failure) -> Expression {
    try nested { parser throws(Failure) in try parser.parseConditional() }
  }

  private mutating func parseConditional() throws(Failure) -> Expression {
    let start = line
    var expression = try parseOr()
    while skip(.name("if")) {
      let test = try parseOr()
      let otherwise = skip(.name("else")) ? try parseExpression() : nil
      expression = try Expression(
        .conditional(test: test, then: expression, otherwise: otherwise), line: start)
    }
    return expression
  }

  private mutating func parseOr() throws(Failure) -> Expression {
    let start = line
    var left = try parseAnd()
    while skip(.name("or")) { left = try Expression(.or(left, try parseAnd()), line: start) }
    return left
  }

  private mutating func parseAnd() throws(Failure) -> Expression {
    let start = line
    var left = try parseNot()
    while skip(.name("and")) { left = try Expression(.and(left, try parseNot()), line: start) }
    return left
  }

  private mutating func parseNot() throws(Failure) -> Expression {
    let start = line
    guard skip(.name("not")) else { return try parseComparison() }
    return try Expression(.not(try nested { parser throws(Failure) in try parser.parseNot() }), line: start)
  }

  private mutating func parseComparison() throws(Failure) -> Expression {
    let start = line
    let first = try parseSum()
    var others: [(Jinja.Comparison, Expression)] = []
    while let comparison = skipComparison() { others.append((comparison, try parseSum())) }
    return others.isEmpty ? first : try Expression(.comparison(first, others), line: start)
  }

  private mutating func skipComparison() -> Jinja.Comparison? {
    switch current {
    case .symbol(let symbol):
      guard let comparison = Jinja.Comparison(rawValue: symbol) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .contained
    case .name("not") where next == .name("in"):
      advance()
      advance()
      return .notContained
    default:
      return nil
    }
  }

  private mutating func parseSum() throws(Failure) -> Expression {
    try parseChain(of: [.add, .subtract]) { parser throws(Failure) in try parser.parseConcatenation() }
  }

  private mutating func parseConcatenation() throws(Failure) -> Expression {
    let start = line
    var parts = [try parseProduct()]
    while skip(.symbol("~")) { parts.append(try parseProduct()) }
    return parts.count == 1 ? parts[0] : try Expression(.concatenation(parts), line: start)
  }

  private mutating func parseProduct() throws(Failure) -> Expression {
    try parseChain(of: [.multiply, .divide, .floorDivide, .remainder]) { parser throws(Failure) in
      try parser.parsePower()
    }
  }

  /// Jinja's `**` groups from the left, unlike Python's.
  private mutating func parsePower() throws(Failure) -> Expression {
    try parseChain(of: [.power]) { parser throws(Failure) in try parser.parseUnary() }
  }

  private mutating func parseChain(
    of operators: [Jinja.Operator],
    operand: (inout Self) throws(Failure) -> Expression
  ) throws(Failure) -> Expression {
    let start = line
    var left = try operand(&self)
    while case .symbol(let symbol) = current, let found = operators.first(where: { $0.rawValue == symbol }) {
      advance()
      left = try Expression(.arithmetic(left, found, try operand(&self)), line: start)
    }
    return left
  }

  private mutating func parseUnary(withFilters: Bool = true) throws(Failure) -> Expression {
    let start = line
    var expression: Expression
    if skip(.symbol("-")) {
      let operand = try nested { parser throws(Failure) in try parser.parseUnary(withFilters: false) }
      expression = try Expression(.negated(operand), line: start)
    } else if skip(.symbol("+")) {
      let operand = try nested { parser throws(Failure) in try parser.parseUnary(withFilters: false) }
      expression = try Expression(.positive(operand), line: start)
    } else {
      expression = try parsePrimary()
    }
    expression = try parsePostfix(on: expression)
    return withFilters ? try parseFiltersAndTests(on: expression) : expression
  }

  private mutating func parsePrimary() throws(Failure) -> Expression {
    let start = line
    switch current {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try Expression(.constant(.boolean(true)), line: start)
      case "false", "False": return try Expression(.constant(.boolean(false)), line: start)
      case "none", "None": return try Expression(.constant(.none), line: start)
      default:
        mentionedNames.insert(name)
        return try Expression(.name(name), line: start)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current {
        text += more
        advance()
      }
      return try Expression(.constant(.string(text)), line: start)
    case .integer(let value):
      advance()
      return try Expression(.constant(.integer(value)), line: start)
    case .number(let value):
      advance()
      return try Expression(.constant(.number(value)), line: start)
    case .symbol("("):
      advance()
      let inner = try nested { parser throws(Failure) in try parser.parseTuple(isParenthesized: true) }
      try expect(.symbol(")"))
      return inner
    case .symbol("["):
      return try Expression(.list(try parseListElements()), line: start)
    case .symbol("{"):
      return try Expression(.dictionary(try parseDictionaryPairs()), line: start)
    default:
      throw unexpectedToken(expected: "an expression")
    }
  }

  private mutating func parseListElements() throws(Failure) -> [Expression] {
    var elements: [Expression] = []
    try expect(.symbol("["))
    while !skip(.symbol("]")) {
      if !elements.isEmpty {
        try expect(.symbol(","))
        if skip(.symbol("]")) { break }
      }
      elements.append(try parseExpression())
    }
    return elements
  }

  private mutating func parseDictionaryPairs() throws(Failure) -> [(key: Expression, value: Expression)] {
    var pairs: [(key: Expression, value: Expression)] = []
    try expect(.symbol("{"))
    while !skip(.symbol("}")) {
      if !pairs.isEmpty {
        try expect(.symbol(","))
        if skip(.symbol("}")) { break }
      }
      let key = try parseExpression()
      try expect(.symbol(":"))
      pairs.append((key, try parseExpression()))
    }
    return pairs
  }

  // MARK: - Postfixes, filters, tests

  private mutating func parsePostfix(on base: Expression) throws(Failure) -> Expression {
    var expression = base
    while true {
      let start = line
      switch current {
      case .symbol("."):
        advance()
        if case .integer(let index) = current {
          advance()
          let key = try Expression(.constant(.integer(index)), line: start)
          expression = try Expression(.item(of: expression, key: key), line: start)
        } else {
          expression = try Expression(.attribute(of: expression, name: try expectName()), line: start)
        }
      case .symbol("["):
        expression = try parseSubscript(of: expression)
      case .symbol("("):
        expression = try Expression(.call(expression, try parseCallArguments()), line: start)
      default:
        return expression
      }
    }
  }

  private mutating func parseSubscript(of base: Expression) throws(Failure) -> Expression {
    let start = line
    try expect(.symbol("["))
    let first = current == .symbol(":") ? nil : try parseExpression()
    guard skip(.symbol(":")) else {
      guard let first else { throw unexpectedToken(expected: "an expression") }
      if current == .symbol(",") { throw Failure(.unsupported, "subscripts with commas", line: start) }
      try expect(.symbol("]"))
      return try Expression(.item(of: base, key: first), line: start)
    }
    let isBeforeEnd = current == .symbol(":") || current == .symbol("]")
    let stop = isBeforeEnd ? nil : try parseExpression()
    var step: Expression?
    if skip(.symbol(":")), current != .symbol("]") { step = try parseExpression() }
    try expect(.symbol("]"))
    return try Expression(.slice(of: base, start: first, stop: stop, step: step), line: start)
  }

  private mutating func parseFiltersAndTests(on base: Expression) throws(Failure) -> Expression {
    var expression = base
    while true {
      let start = line
      switch current {
      case .symbol("|"):
        expression = try parseFilters(on: expression)
      case .name("is"):
        expression = try parseTest(on: expression)
      case .symbol("("):
        expression = try Expression(.call(expression, try parseCallArguments()), line: start)
      default:
        return expression
      }
    }
  }

  /// `| name(…) | name(…) …`; with `startsInline` the first name has no bar before it.
  mutating func parseFilters(
    on base: Expression, startsInline: Bool = false
  ) throws(Failure) -> Expression {
    var expression = base
    var isInline = startsInline
    while isInline || skip(.symbol("|")) {
      isInline = false
      let start = line
      let name = try parseDottedName()
      let arguments = current == .symbol("(") ? try parseCallArguments() : Jinja.CallArguments()
      expression = try Expression(.filter(expression, name: name, arguments), line: start)
    }
    return expression
  }

  private mutating func parseTest(on base: Expression) throws(Failure) -> Expression {
    let start = line
    try expect(.name("is"))
    let isNegated = skip(.name("not"))
    let name = try parseDottedName()
    var arguments = Jinja.CallArguments()
    switch current {
    case .symbol("("):
      arguments = try parseCallArguments()
    case .name("else"), .name("or"), .name("and"):
      break
    case .name("is"):
      throw Failure(.syntax, "tests can't be chained with 'is'", line: line)
    case .name, .string, .integer, .number, .symbol("["), .symbol("{"):
      arguments.positional = [try parsePostfix(on: try parsePrimary())]
    default:
      break
    }
    let test = try Expression(.test(base, name: name, arguments), line: start)
    return isNegated ? try Expression(.not(test), line: start) : test
  }

  private mutating func parseDottedName() throws(Failure) -> String {
    var name = try expectName()
    while skip(.symbol(".")) { name += "." + (try expectName()) }
    return name
  }

  private mutating func parseCallArguments() throws(Failure) -> Jinja.CallArguments {
    var arguments = Jinja.CallArguments()
    let start = line
    try expect(.symbol("("))
    var isFirst = true
    while !skip(.symbol(")")) {
      if !isFirst {
        try expect(.symbol(","))
        if skip(.symbol(")")) { break }
      }
      isFirst = false
      let isPlainSoFar = arguments.unpackedSequence == nil && arguments.unpackedMapping == nil
      if skip(.symbol("**")) {
        arguments.unpackedMapping = try parseExpression()
      } else if skip(.symbol("*")), isPlainSoFar {
        arguments.unpackedSequence = try parseExpression()
      } else if case .name(let name) = current, next == .symbol("=") {
        advance()
        advance()
        arguments.named.append((name, try parseExpression()))
      } else if isPlainSoFar, arguments.named.isEmpty {
        arguments.positional.append(try parseExpression())
      } else {
        throw Failure(.syntax, "a positional argument follows a named one", line: start)
      }
    }
    return arguments
  }
}
