extension Jinja {
  /// Reads tokens into statements; expressions are in `Parser+Expressions.swift`.
  struct Parser {
    private let tokens: [Token]
    private var position = 0
    /// Statements and bracketed expressions around the current token.
    private var nesting = 0
    /// How many loops around the current token `break` and `continue` may refer to.
    private var loops = 0
    /// The names that the macro body at hand mentions so far.
    var mentionedNames: Set<String> = []

    /// The statements of a whole template.
    static func parse(_ source: String) throws(Failure) -> [Statement] {
      var parser = Parser(tokens: try Lexer.tokenize(source))
      let statements = try parser.parseBody(until: [])
      guard parser.current == .end else { throw parser.unexpectedToken() }
      return statements
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    // MARK: - Tokens

    var current: Token.Kind { tokens[position].kind }
    var next: Token.Kind { tokens[min(position + 1, tokens.count - 1)].kind }
    var line: Int { tokens[position].line }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    /// Steps over the token if it is the current one.
    mutating func skip(_ kind: Token.Kind) -> Bool {
      guard current == kind else { return false }
      advance()
      return true
    }

    mutating func expect(_ kind: Token.Kind) throws(Failure) {
      guard skip(kind) else {
        throw unexpectedToken(expected: Token(kind: kind, line: line).description)
      }
    }

    mutating func expectName() throws(Failure) -> String {
      guard case .name(let name) = current else { throw unexpectedToken(expected: "a name") }
      advance()
      return name
    }

    func unexpectedToken(expected: String? = nil) -> Failure {
      let found = tokens[position].description
      return Failure(
        .syntax, expected.map { "expected \($0), found \(found)" } ?? "unexpected \(found)", line: line)
    }

    /// Runs `body` one level deeper and refuses source that is nested too deeply.
    mutating func nested<Result>(
      _ body: (inout Parser) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      guard nesting < Limit.nesting else {
        throw Failure(.limit, "the template is nested more than \(Limit.nesting) levels deep", line: line)
      }
      nesting += 1
      defer { nesting -= 1 }
      return try body(&self)
    }

    // MARK: - Bodies

    /// Text and statements up to a block whose name is in `ends`; that name is then the current token.
    private mutating func parseBody(until ends: [String]) throws(Failure) -> [Statement] {
      var statements: [Statement] = []
      while true {
        let start = line
        switch current {
        case .data(let text):
          statements.append(Statement(kind: .text(text), line: start))
          advance()
        case .variableBegin:
          advance()
          statements.append(Statement(kind: .output(try parseTuple()), line: start))
          try expect(.variableEnd)
        case .blockBegin:
          advance()
          if case .name(let name) = current, ends.contains(name) { return statements }
          statements.append(contentsOf: try nested { parser throws(Failure) in try parser.parseStatement() })
          try expect(.blockEnd)
        case .end where ends.isEmpty:
          return statements
        case .end:
          let names = ends.map { "{% \($0) %}" }.joined(separator: " or ")
          throw Failure(.syntax, "the template ends where \(names) should follow", line: start)
        default:
          throw unexpectedToken()
        }
      }
    }

    /// The body of the block whose opening tag ends here; the end tag's name is stepped over and returned.
    private mutating func parseBlock(
      until ends: String...
    ) throws(Failure) -> (body: [Statement], end: String) {
      _ = skip(.symbol(":"))
      try expect(.blockEnd)
      let body = try parseBody(until: ends)
      return (body, try expectName())
    }

    /// The body of a block whose text goes elsewhere.
    ///
    /// A `break` would lose what is captured by then, so the loops around the block are out of its reach.
    private mutating func parseCapturedBlock(until end: String) throws(Failure) -> [Statement] {
      let outer = loops
      loops = 0
      defer { loops = outer }
      return try parseBlock(until: end).body
    }

    // MARK: - Statements

    private mutating func parseStatement() throws(Failure) -> [Statement] {
      let start = line
      let tag = try expectName()
      func statement(_ kind: Statement.Kind) -> [Statement] { [Statement(kind: kind, line: start)] }

      switch tag {
      case "for": return statement(try parseFor())
      case "if": return statement(try parseIf())
      case "set": return statement(try parseSet())
      case "with": return statement(try parseWith())
      case "macro":
        let name = try expectName()
        return statement(.macro(try parseMacroBody(name: name, try parseParameters(), end: "endmacro")))
      case "call": return statement(try parseCallBlock())
      case "filter":
        let filter = try parseFilters(on: Expression(.capturedBody, line: start), startsInline: true)
        return statement(.filterBlock(filter, body: try parseCapturedBlock(until: "endfilter")))
      case "generation":
        return statement(.generation(body: try parseCapturedBlock(until: "endgeneration")))
      case "print":
        var outputs: [Statement] = []
        repeat {
          outputs.append(Statement(kind: .output(try parseExpression()), line: start))
        } while skip(
          .symbol(","))
        return outputs
      case "break", "continue":
        guard loops > 0 else { throw Failure(.syntax, "'\(tag)' outside of a loop", line: start) }
        return statement(tag == "break" ? .breakLoop : .continueLoop)
      case "include", "import", "from", "extends", "block", "autoescape":
        throw Failure(.unsupported, "the '\(tag)' statement", line: start)
      default:
        throw Failure(.syntax, "unknown statement '\(tag)'", line: start)
      }
    }

    private mutating func parseFor() throws(Failure) -> Statement.Kind {
      let target = try parseTarget(endsBefore: .name("in"))
      try expect(.name("in"))
      let iterable = try parseTuple(allowsConditional: false, endsBefore: .name("recursive"))
      let filter = skip(.name("if")) ? try parseExpression() : nil
      if current == .name("recursive") { throw Failure(.unsupported, "recursive loops", line: line) }
      loops += 1
      let (body, end) = try parseBlock(until: "endfor", "else")
      loops -= 1
      let otherwise = end == "else" ? try parseBlock(until: "endfor").body : []
      return .loop(target, over: iterable, filter: filter, body: body, otherwise: otherwise)
    }

    private mutating func parseIf() throws(Failure) -> Statement.Kind {
      var branches: [(test: Expression, body: [Statement])] = []
      var end = ""
      repeat {
        let test = try parseTuple(allowsConditional: false)
        let block = try parseBlock(until: "elif", "else", "endif")
        branches.append((test, block.body))
        end = block.end
      } while end == "elif"
      let otherwise = end == "else" ? try parseBlock(until: "endif").body : []
      return .condition(branches, otherwise: otherwise)
    }

    private mutating func parseSet() throws(Failure) -> Statement.Kind {
      let target = try parseTarget(endsBefore: .symbol("="))
      if skip(.symbol("=")) { return .assignment(target, try parseTuple()) }
      var filter: Expression?
      if current == .symbol("|") { filter = try parseFilters(on: Expression(.capturedBody, line: line)) }
      return .blockAssignment(target, filter: filter, body: try parseCapturedBlock(until: "endset"))
    }

    private mutating func parseWith() throws(Failure) -> Statement.Kind {
      var assignments: [(Target, Expression)] = []
      while current != .blockEnd {
        if !assignments.isEmpty { try expect(.symbol(",")) }
        let target = try parseSimpleTarget(allowsNamespace: false)
        try expect(.symbol("="))
        assignments.append((target, try parseExpression()))
      }
      return .with(assignments, body: try parseBlock(until: "endwith").body)
    }

    private mutating func parseCallBlock() throws(Failure) -> Statement.Kind {
      let start = line
      let parameters = current == .symbol("(") ? try parseParameters() : []
      guard case .call(let callee, let arguments) = try parseExpression().kind else {
        throw Failure(.syntax, "'call' needs a call", line: start)
      }
      let caller = try parseMacroBody(name: "caller", parameters, end: "endcall")
      return .callBlock(callee, arguments, caller: caller)
    }

    /// A body of its own: the loops around it are out of `break`'s reach.
    private mutating func parseMacroBody(
      name: String, _ parameters: [(name: String, fallback: Expression?)], end: String
    ) throws(Failure) -> MacroDefinition {
      let outer = (loops, mentionedNames)
      (loops, mentionedNames) = (0, [])
      let body = try parseBlock(until: end).body
      let implicit = mentionedNames.intersection(["varargs", "kwargs", "caller"])
      (loops, mentionedNames) = (outer.0, outer.1.union(mentionedNames))
      return MacroDefinition(name: name, parameters: parameters, body: body, implicitNames: implicit)
    }

    private mutating func parseParameters() throws(Failure) -> [(name: String, fallback: Expression?)] {
      var parameters: [(name: String, fallback: Expression?)] = []
      try expect(.symbol("("))
      while current != .symbol(")") {
        if !parameters.isEmpty { try expect(.symbol(",")) }
        let name = try expectName()
        let fallback = skip(.symbol("=")) ? try parseExpression() : nil
        if fallback == nil, parameters.last?.fallback != nil {
          throw Failure(
            .syntax, "parameter '\(name)' without a default follows one with a default", line: line)
        }
        parameters.append((name, fallback))
      }
      try expect(.symbol(")"))
      return parameters
    }

    // MARK: - Targets

    /// A name, a namespace's attribute, or several of them separated by commas.
    private mutating func parseTarget(endsBefore end: Token.Kind) throws(Failure) -> Target {
      var targets: [Target] = []
      var isTuple = false
      repeat {
        if isTuple, current == end || current == .symbol(")") || current == .blockEnd { break }
        targets.append(try parseSimpleTarget(allowsNamespace: true))
        if current == .symbol(",") { isTuple = true }
      } while skip(.symbol(","))
      return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func parseSimpleTarget(allowsNamespace: Bool) throws(Failure) -> Target {
      if skip(.symbol("(")) {
        let target = try nested { parser throws(Failure) in try parser.parseTarget(endsBefore: .symbol(")")) }
        try expect(.symbol(")"))
        return target
      }
      let start = line
      let name = try expectName()
      guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
        throw Failure(.syntax, "can't assign to '\(name)'", line: start)
      }
      guard allowsNamespace, skip(.symbol(".")) else { return .name(name) }
      return .namespaceAttribute(namespace: name, name: try expectName())
    }
  }
}
