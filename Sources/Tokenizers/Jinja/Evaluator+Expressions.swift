extension Jinja.Evaluator {
  /// The value of an expression, within the limits on size and depth.
  func evaluate(_ expression: Jinja.Expression) throws(Failure) -> Value {
    switch expression.kind {
    case .constant(let value): return value
    case .name(let name): return lookUp(name)
    default:
      try charge()
      let value = try entering(expression.line) { () throws(Failure) in try evaluateCompound(expression) }
      line = expression.line
      return try checked(value)
    }
  }

  private func evaluateCompound(_ expression: Jinja.Expression) throws(Failure) -> Value {
    switch expression.kind {
    case .constant, .name: return try evaluate(expression)
    case .capturedBody:
      return scope.capturedBody.map(Value.string) ?? .undefined("there is no captured text")
    case .list(let elements): return .list(try evaluate(elements))
    case .tuple(let elements): return .tuple(try evaluate(elements))
    case .dictionary(let pairs): return try evaluateDictionary(pairs)
    case .attribute(let base, let name): return try attribute(name, of: try evaluate(base))
    case .item(let base, let key): return try item(try evaluate(key), of: try evaluate(base))
    case .slice(let base, let start, let stop, let step):
      return try slice(
        try evaluate(base), try start.map(evaluate), try stop.map(evaluate), try step.map(evaluate))
    case .call(let callee, let arguments):
      return try call(try evaluate(callee), try evaluate(arguments))
    case .filter(let base, let name, let arguments):
      return try filter(try evaluate(base), name, try evaluate(arguments))
    case .test(let base, let name, let arguments):
      return .boolean(try test(try evaluate(base), name, try evaluate(arguments)))
    case .not(let operand): return .boolean(!Jinja.Comparing.isTrue(try evaluate(operand)))
    case .negated(let operand): return try Jinja.Arithmetic.negate(try evaluate(operand))
    case .positive(let operand): return try Jinja.Arithmetic.positive(try evaluate(operand))
    case .and(let left, let right):
      let first = try evaluate(left)
      return Jinja.Comparing.isTrue(first) ? try evaluate(right) : first
    case .or(let left, let right):
      let first = try evaluate(left)
      return Jinja.Comparing.isTrue(first) ? first : try evaluate(right)
    case .arithmetic(let left, let operation, let right):
      let (a, b) = (try evaluate(left), try evaluate(right))
      try charge(a.size.addingSaturated(b.size))
      return try Jinja.Arithmetic.apply(operation, a, b)
    case .comparison(let first, let others): return .boolean(try evaluateComparison(first, others))
    case .concatenation(let parts): return try concatenate(parts)
    case .conditional(let test, let then, let otherwise):
      if Jinja.Comparing.isTrue(try evaluate(test)) { return try evaluate(then) }
      return try otherwise.map(evaluate)
        ?? .undefined("the inline 'if' on line \(expression.line) was false and has no 'else'")
    }
  }

  private func evaluate(_ expressions: [Jinja.Expression]) throws(Failure) -> [Value] {
    var values: [Value] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    try charge(values.count)
    return values
  }

  private func evaluateDictionary(
    _ pairs: [(key: Jinja.Expression, value: Jinja.Expression)]
  ) throws(Failure) -> Value {
    var mapping = Jinja.Mapping()
    for (key, value) in pairs { try mapping.set(try evaluate(key), to: try evaluate(value)) }
    return .mapping(mapping)
  }

  private func evaluateComparison(
    _ first: Jinja.Expression, _ others: [(Jinja.Comparison, Jinja.Expression)]
  ) throws(Failure) -> Bool {
    var left = try evaluate(first)
    for (comparison, operand) in others {
      let right = try evaluate(operand)
      try charge(left.size.addingSaturated(right.size))
      let holds: Bool
      if comparison == .contained || comparison == .notContained {
        holds = try contains(right, left) == (comparison == .contained)
      } else {
        holds = try Jinja.Comparing.compare(left, comparison, right)
      }
      guard holds else { return false }
      left = right
    }
    return true
  }

  private func concatenate(_ parts: [Jinja.Expression]) throws(Failure) -> Value {
    var text = ""
    for part in parts {
      text += try evaluate(part).text()
      try Jinja.Text.check(size: text.utf8.count)
    }
    try charge(text.utf8.count)
    return .string(text)
  }

  /// The arguments' values; `*` and `**` are unpacked.
  func evaluate(_ arguments: Jinja.CallArguments) throws(Failure) -> Jinja.Arguments {
    var evaluated = Jinja.Arguments()
    evaluated.positional = try evaluate(arguments.positional)
    if let unpacked = arguments.unpackedSequence {
      evaluated.positional += try elements(of: try evaluate(unpacked))
    }
    for (name, value) in arguments.named { evaluated.named.append((name, try evaluate(value))) }
    if let unpacked = arguments.unpackedMapping {
      guard case .mapping(let mapping) = try evaluate(unpacked) else {
        throw .failed("the argument after ** must be a mapping")
      }
      for (key, value) in zip(mapping.keys, mapping.values) {
        guard let name = key.stringValue else { throw .failed("keywords must be strings") }
        evaluated.named.append((name, value))
      }
    }
    return evaluated
  }

  // MARK: - Macros

  func call(_ macro: Jinja.Macro, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    let parameters = macro.definition.parameters
    let inner = Jinja.Scope(parent: macro.scope)
    var extra = arguments.named.filter { named in !parameters.contains { $0.name == named.name } }
    let caller = extra.firstIndex { $0.name == "caller" }.map { extra.remove(at: $0).value }
    inner.variables["caller"] =
      caller ?? .undefined("there is no caller: the macro was not called by 'call'")
    inner.variables["varargs"] = .tuple(Array(arguments.positional.dropFirst(parameters.count)))
    var keywords = Jinja.Mapping()
    for (name, value) in extra { try keywords.set(name, to: value) }
    inner.variables["kwargs"] = .mapping(keywords)
    let text = try within(inner) { () throws(Failure) in
      try bind(macro, arguments)
      return try captured(macro.definition.body, in: inner)
    }
    return .string(text)
  }

  private func bind(_ macro: Jinja.Macro, _ arguments: Jinja.Arguments) throws(Failure) {
    let definition = macro.definition
    for (index, parameter) in definition.parameters.enumerated() {
      let named = arguments.named(parameter.name)
      if arguments.positional.indices.contains(index) {
        guard named == nil else {
          throw .failed("macro '\(definition.name)' got several values for '\(parameter.name)'")
        }
        scope.variables[parameter.name] = arguments.positional[index]
      } else if let named {
        scope.variables[parameter.name] = named
      } else if let fallback = parameter.fallback {
        scope.variables[parameter.name] = try evaluate(fallback)
      } else {
        scope.variables[parameter.name] = .undefined("parameter '\(parameter.name)' was not provided")
      }
    }
    let names = definition.parameters.map(\.name)
    guard arguments.positional.count <= names.count || definition.implicitNames.contains("varargs") else {
      throw .failed(
        "macro '\(definition.name)' takes at most \(names.count) arguments")
    }
    for (name, _) in arguments.named where !names.contains(name) {
      guard definition.implicitNames.contains(name == "caller" ? "caller" : "kwargs") else {
        throw .failed("macro '\(definition.name)' has no parameter '\(name)'")
      }
    }
  }
}
