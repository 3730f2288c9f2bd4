import Foundation

extension Jinja {
  /// Renders the statements of one template once.
  final class Evaluator {
    /// What is written so far; macros and captured blocks put their own text here for a while.
    private(set) var output = ""
    /// The line of the statement or expression at work.
    var line = 1
    let clock: TimeFormat
    var scope: Scope
    private var stepsLeft = Limit.steps
    private var activeEvaluations = 0
    private var objects: [Object] = []

    /// Renders with the given names defined.
    static func render(
      _ statements: [Statement], names: [String: Value], clock: TimeFormat
    ) throws(Failure) -> String {
      let evaluator = Evaluator(names: names, clock: clock)
      // Loops hold closures over the evaluator: let go of them, whatever happens.
      defer { evaluator.objects = [] }
      do {
        _ = try evaluator.run(statements)
      } catch {
        var failure = error
        failure.line = failure.line ?? evaluator.line
        throw failure
      }
      return evaluator.output
    }

    private init(names: [String: Value], clock: TimeFormat) {
      self.clock = clock
      scope = Scope(parent: Scope(parent: nil, variables: names))
    }

    // MARK: - Limits

    /// Counts the work of handling `size` characters or elements.
    func charge(_ size: Int = 0) throws(Failure) {
      stepsLeft -= 1 + size / 16
      guard stepsLeft > 0 else {
        throw Failure(.limit, "the template runs for more than \(Limit.steps) steps")
      }
    }

    /// Runs one statement, expression or call inside those at work.
    func entering<Result>(
      _ line: Int, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
      self.line = line
      guard activeEvaluations < Limit.activeEvaluations else {
        throw Failure(.limit, "the template calls itself too deeply")
      }
      activeEvaluations += 1
      defer { activeEvaluations -= 1 }
      return try body()
    }

    func checked(_ value: Value) throws(Failure) -> Value {
      try Text.check(size: value.size)
      guard value.depth <= Limit.nesting else {
        throw Failure(.limit, "a value is nested more than \(Limit.nesting) levels deep")
      }
      return value
    }

    // MARK: - Statements

    private enum Flow { case next, breakLoop, continueLoop }

    private func run(_ statements: [Statement]) throws(Failure) -> Flow {
      for statement in statements {
        try charge()
        let flow = try entering(statement.line) { () throws(Failure) in try run(statement) }
        guard flow == .next else { return flow }
      }
      return .next
    }

    private func run(_ statement: Statement) throws(Failure) -> Flow {
      switch statement.kind {
      case .text(let text): try write(text)
      case .output(let expression): try write(try evaluate(expression).text())
      case .condition(let branches, let otherwise):
        for (test, body) in branches where Comparing.isTrue(try evaluate(test)) { return try run(body) }
        return try run(otherwise)
      case .loop(let target, let iterable, let filter, let body, let otherwise):
        return try runLoop(target, iterable, filter, body, otherwise)
      case .assignment(let target, let expression): try assign(try evaluate(expression), to: target)
      case .blockAssignment(let target, let filter, let body):
        try assign(try filtered(try captured(body), by: filter), to: target)
      case .macro(let definition):
        scope.variables[definition.name] = register(.macro(Macro(definition: definition, scope: scope)))
      case .callBlock(let callee, let arguments, let definition):
        let caller = register(.macro(Macro(definition: definition, scope: scope)))
        var evaluated = try evaluate(arguments)
        evaluated.named.append(("caller", caller))
        try write(try call(try evaluate(callee), evaluated).text())
      case .filterBlock(let filter, let body):
        try write(try filtered(try captured(body), by: filter).text())
      case .with(let assignments, let body):
        return try runWith(assignments, body)
      case .generation(let body): try write(try captured(body))
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
      return .next
    }

    private func write(_ text: String) throws(Failure) {
      try charge(text.utf8.count)
      output += text
      try Text.check(size: output.utf8.count)
    }

    /// Runs `body` in the given scope and comes back to the present one.
    func within<Result>(
      _ inner: Scope, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
      let outer = scope
      scope = inner
      defer { scope = outer }
      return try body()
    }

    /// What `body` writes, in a scope of its own.
    func captured(_ body: [Statement], in inner: Scope? = nil) throws(Failure) -> String {
      let outer = output
      output = ""
      defer { output = outer }
      _ = try within(inner ?? Scope(parent: scope)) { () throws(Failure) in try run(body) }
      return output
    }

    private func filtered(_ text: String, by filter: Expression?) throws(Failure) -> Value {
      guard let filter else { return .string(text) }
      let inner = Scope(parent: scope)
      inner.capturedBody = text
      return try within(inner) { () throws(Failure) in try evaluate(filter) }
    }

    private func runWith(
      _ assignments: [(Target, Expression)], _ body: [Statement]
    ) throws(Failure) -> Flow {
      // The values are computed outside of the new scope.
      var values: [(Target, Value)] = []
      for (target, expression) in assignments { values.append((target, try evaluate(expression))) }
      return try within(Scope(parent: scope)) { () throws(Failure) in
        for (target, value) in values { try assign(value, to: target) }
        return try run(body)
      }
    }

    /// What the loop hands on to the one around it: only its `else` can leave that one.
    private func runLoop(
      _ target: Target, _ iterable: Expression, _ filter: Expression?, _ body: [Statement],
      _ otherwise: [Statement]
    ) throws(Failure) -> Flow {
      let iterated = try evaluate(iterable)
      var pull = try iterator(over: iterated)
      var count = try self.count(of: iterated)
      if let filter {
        let unfiltered = pull
        count = nil
        pull = { () throws(Failure) in
          while let value = try unfiltered() {
            try self.charge()
            let inner = Scope(parent: self.scope)
            let passes = try self.within(inner) { () throws(Failure) in
              try self.assign(value, to: target)
              return Comparing.isTrue(try self.evaluate(filter))
            }
            if passes { return value }
          }
          return nil
        }
      }
      let outer = scope
      let loop = Loop(count: count) { () throws(Failure) in
        try self.within(outer) { () throws(Failure) in try pull() }
      }
      let variable = register(.loop(loop))
      var isEmpty = true
      while let value = try loop.advance() {
        isEmpty = false
        try charge()
        let inner = Scope(parent: outer)
        inner.variables["loop"] = variable
        let flow = try within(inner) { () throws(Failure) in
          try assign(value, to: target)
          return try run(body)
        }
        if flow == .breakLoop { return .next }
      }
      guard isEmpty else { return .next }
      return try within(Scope(parent: outer)) { () throws(Failure) in try run(otherwise) }
    }

    private func assign(_ value: Value, to target: Target) throws(Failure) {
      switch target {
      case .name(let name):
        scope.variables[name] = value
      case .namespaceAttribute(let namespace, let name):
        guard case .object(let index) = lookUp(namespace), case .namespace(let object) = objects[index] else {
          throw .failed("can't assign to an attribute of '\(namespace)', which is not a namespace")
        }
        try object.set(name, to: value)
      case .tuple(let targets):
        let values = try elements(of: value)
        guard values.count == targets.count else {
          throw .failed("can't unpack \(values.count) values into \(targets.count)")
        }
        for (target, value) in zip(targets, values) { try assign(value, to: target) }
      }
    }

    // MARK: - Objects

    func register(_ object: Object) -> Value {
      objects.append(object)
      return .object(objects.count - 1)
    }

    func object(_ index: Int) -> Object { objects[index] }

    func lookUp(_ name: String) -> Value {
      var searched: Scope? = scope
      while let current = searched {
        if let value = current.variables[name] { return value }
        searched = current.parent
      }
      return Value.Function(rawValue: name).map(Value.function) ?? .undefined("'\(name)' is undefined")
    }
  }
}
