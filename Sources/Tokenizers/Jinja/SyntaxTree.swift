extension Jinja {
  /// An expression with its line and the levels below it.
  ///
  /// A tree deeper than `Limit.nesting` is never built, so neither evaluating nor freeing one can exhaust the stack.
  final class Expression: Sendable {
    enum Kind: Sendable {
      case constant(Value)
      case name(String)
      case list([Expression])
      case tuple([Expression])
      case dictionary([(key: Expression, value: Expression)])
      case attribute(of: Expression, name: String)
      case item(of: Expression, key: Expression)
      case slice(of: Expression, start: Expression?, stop: Expression?, step: Expression?)
      case call(Expression, CallArguments)
      case filter(Expression, name: String, CallArguments)
      case test(Expression, name: String, CallArguments)
      case not(Expression)
      case negated(Expression)
      case positive(Expression)
      case and(Expression, Expression)
      case or(Expression, Expression)
      case arithmetic(Expression, Operator, Expression)
      case comparison(Expression, [(Comparison, Expression)])
      case concatenation([Expression])
      case conditional(test: Expression, then: Expression, otherwise: Expression?)
      /// What a filter block or a filtered `set` block hands to its filter.
      case capturedBody
    }

    let kind: Kind
    let line: Int
    let depth: Int

    init(_ kind: Kind, line: Int) throws(Failure) {
      self.kind = kind
      self.line = line
      depth = 1 + (kind.children.map(\.depth).max() ?? 0)
      guard depth <= Limit.nesting else {
        throw Failure(.limit, "an expression is nested more than \(Limit.nesting) levels deep", line: line)
      }
    }
  }

  enum Operator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case power = "**"
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case notContained = "not in"
  }

  /// The arguments of a call as they are written.
  struct CallArguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// The sequence after `*`.
    var unpackedSequence: Expression?
    /// The mapping after `**`.
    var unpackedMapping: Expression?

    var expressions: [Expression] {
      positional + named.map(\.value) + [unpackedSequence, unpackedMapping].compactMap { $0 }
    }
  }

  /// What a value can be assigned to.
  indirect enum Target: Sendable {
    case name(String)
    case namespaceAttribute(namespace: String, name: String)
    case tuple([Target])
  }

  /// The parameters and the body of a macro or of a `call` block.
  struct MacroDefinition: Sendable {
    var name: String
    var parameters: [(name: String, fallback: Expression?)]
    var body: [Statement]
    /// Which of `varargs`, `kwargs` and `caller` the body mentions; only then may they be passed.
    var implicitNames: Set<String>
  }

  struct Statement: Sendable {
    indirect enum Kind: Sendable {
      case text(String)
      case output(Expression)
      case condition([(test: Expression, body: [Statement])], otherwise: [Statement])
      case loop(Target, over: Expression, filter: Expression?, body: [Statement], otherwise: [Statement])
      case assignment(Target, Expression)
      case blockAssignment(Target, filter: Expression?, body: [Statement])
      case macro(MacroDefinition)
      case callBlock(Expression, CallArguments, caller: MacroDefinition)
      case filterBlock(Expression, body: [Statement])
      case with([(Target, Expression)], body: [Statement])
      /// `{% generation %}`: what the assistant says; a scope of its own.
      case generation(body: [Statement])
      case breakLoop, continueLoop
    }

    var kind: Kind
    var line: Int
  }
}

extension Jinja.Expression.Kind {
  fileprivate var children: [Jinja.Expression] {
    switch self {
    case .constant, .name, .capturedBody: []
    case .list(let elements), .tuple(let elements), .concatenation(let elements): elements
    case .dictionary(let pairs): pairs.flatMap { [$0.key, $0.value] }
    case .attribute(let base, _), .not(let base), .negated(let base), .positive(let base): [base]
    case .item(let base, let key): [base, key]
    case .slice(let base, let start, let stop, let step): [base] + [start, stop, step].compactMap { $0 }
    case .call(let base, let arguments), .filter(let base, _, let arguments),
      .test(let base, _, let arguments):
      [base] + arguments.expressions
    case .and(let left, let right), .or(let left, let right), .arithmetic(let left, _, let right):
      [left, right]
    case .comparison(let first, let others): [first] + others.map(\.1)
    case .conditional(let test, let then, let otherwise): [test, then] + [otherwise].compactMap { $0 }
    }
  }
}
