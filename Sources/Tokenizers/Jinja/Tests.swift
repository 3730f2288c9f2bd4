extension Jinja.Evaluator {
  /// `value is name(arguments)`.
  func test(_ value: Value, _ name: String, _ arguments: Jinja.Arguments) throws(Failure) -> Bool {
    try charge(value.size.addingSaturated(arguments.size))
    if let comparison = Self.comparisons[name] {
      let other = try arguments.bound(to: "other", for: name).required("other")
      return try Jinja.Comparing.compare(value, comparison, other)
    }
    switch name {
    case "divisibleby":
      let divisor = try arguments.bound(to: "num", for: name).required("num")
      return try isZero(try Jinja.Arithmetic.apply(.remainder, value, divisor))
    case "in": return try contains(try arguments.bound(to: "seq", for: name).required("seq"), value)
    case "sameas": return try isSame(value, try arguments.bound(to: "other", for: name).required("other"))
    default: break
    }
    _ = try arguments.bound(for: name)
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": if case .none = value { return true } else { return false }
    case "boolean": if case .boolean = value { return true } else { return false }
    case "true": if case .boolean(true) = value { return true } else { return false }
    case "false": if case .boolean(false) = value { return true } else { return false }
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .number = value { return true } else { return false }
    case "number": return Jinja.Arithmetic.double(value) != nil
    case "string": return value.stringValue != nil
    case "escaped": if case .markup = value { return true } else { return false }
    case "mapping": if case .mapping = value { return true } else { return false }
    case "sequence": return isSequence(value)
    case "iterable": return isIterable(value)
    case "callable": return isCallable(value)
    case "odd": return try !isZero(try Jinja.Arithmetic.apply(.remainder, value, .integer(2)))
    case "even": return try isZero(try Jinja.Arithmetic.apply(.remainder, value, .integer(2)))
    case "lower": return Self.isLower(try value.text())
    case "upper": return Self.isUpper(try value.text())
    case "filter": return value.stringValue.map { Jinja.Filters.all[$0] != nil } ?? false
    case "test": throw .unsupported("the test 'test'")
    default: throw .failed("there is no test '\(name)'")
    }
  }

  private static let comparisons: [String: Jinja.Comparison] = [
    "eq": .equal, "equalto": .equal, "==": .equal, "ne": .notEqual, "!=": .notEqual,
    "lt": .less, "lessthan": .less, "<": .less, "le": .lessOrEqual, "<=": .lessOrEqual,
    "gt": .greater, "greaterthan": .greater, ">": .greater, "ge": .greaterOrEqual, ">=": .greaterOrEqual,
  ]

  private func isZero(_ value: Value) throws(Failure) -> Bool {
    Jinja.Comparing.areEqual(value, .integer(0))
  }

  /// Whether the value has a length and can be indexed; a range can, a dictionary's views can't.
  private func isSequence(_ value: Value) -> Bool {
    switch value {
    case .undefined, .string, .markup, .mapping: return true
    case .sequence(let elements):
      switch elements.kind {
      case .list, .tuple, .group, .range: return true
      case .keys, .values, .items: return false
      }
    default: return false
    }
  }

  /// Python's identity, where it doesn't depend on how Python happens to store a value.
  private func isSame(_ value: Value, _ other: Value) throws(Failure) -> Bool {
    switch (value, other) {
    case (.none, .none): return true
    case (.boolean(let a), .boolean(let b)): return a == b
    case (.object(let a), .object(let b)): return a == b
    case (.none, _), (_, .none), (.boolean, _), (_, .boolean): return false
    default:
      guard value.typeName != other.typeName else {
        throw .unsupported("'sameas' on \(value.typeName) values")
      }
      return false
    }
  }
}
