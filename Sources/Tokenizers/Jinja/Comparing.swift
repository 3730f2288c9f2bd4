import Formats

extension Jinja {
  /// Python's truth, equality, order and membership.
  ///
  /// Recursion is bounded: values are at most `Limit.nesting` levels deep.
  enum Comparing {
    /// Objects are told apart by the evaluator: a loop is true while it has items, the rest always.
    static func isTrue(_ value: Value) -> Bool {
      switch value {
      case .undefined, .none: false
      case .boolean(let flag): flag
      case .integer(let integer): integer != 0
      case .number(let number): number != 0
      case .string(let text), .markup(let text): !text.isEmpty
      case .sequence(let elements): !elements.values.isEmpty
      case .mapping(let mapping): mapping.count > 0
      case .object, .function, .method: true
      }
    }

    static func areEqual(_ left: Value, _ right: Value) -> Bool {
      switch (left, right) {
      case (.undefined, .undefined), (.none, .none): return true
      case (.sequence(let a), .sequence(let b)): return areEqual(a, b)
      case (.mapping(let a), .mapping(let b)):
        return a.count == b.count
          && zip(a.keys, a.values).allSatisfy { key, value in
            Key(key).flatMap { b[$0] }.map { areEqual(value, $0) } ?? false
          }
      case (.object(let a), .object(let b)): return a == b
      case (.function(let a), .function(let b)): return a == b
      case (.method(let a, let name), .method(let b, let other)): return name == other && areEqual(a, b)
      default:
        if let a = left.stringValue, let b = right.stringValue { return a.hasSameBytes(as: b) }
        if let a = left.integerValue, let b = right.integerValue { return a == b }
        if let a = Arithmetic.double(left), let b = Arithmetic.double(right) { return a == b }
        return false
      }
    }

    private static func areEqual(_ left: Elements, _ right: Elements) -> Bool {
      let sameKind: Bool
      switch (left.kind, right.kind) {
      case (.list, .list), (.range, .range), (.keys, .keys), (.items, .items): sameKind = true
      default: sameKind = left.isTuple && right.isTuple
      }
      return sameKind && left.values.count == right.values.count
        && zip(left.values, right.values).allSatisfy(areEqual)
    }

    /// Whether `left < right`; values of different kinds have no order.
    static func isLess(_ left: Value, _ right: Value, symbol: String = "<") throws(Failure) -> Bool {
      if case .sequence(let a) = left, case .sequence(let b) = right,
        (a.kind == .list && b.kind == .list) || (a.isTuple && b.isTuple)
      {
        for (x, y) in zip(a.values, b.values) where !areEqual(x, y) {
          return try isLess(x, y, symbol: symbol)
        }
        return a.values.count < b.values.count
      }
      if let a = left.stringValue, let b = right.stringValue { return a.precedes(b) }
      if let a = left.integerValue, let b = right.integerValue { return a < b }
      if let a = Arithmetic.double(left), let b = Arithmetic.double(right) { return a < b }
      throw Arithmetic.refusal(
        of: symbol, left, right, verb: "'\(symbol)' not supported between instances of")
    }

    static func compare(_ left: Value, _ comparison: Comparison, _ right: Value) throws(Failure) -> Bool {
      switch comparison {
      case .equal: areEqual(left, right)
      case .notEqual: !areEqual(left, right)
      case .less: try isLess(left, right)
      case .greater: try isLess(right, left, symbol: ">")
      case .lessOrEqual: try isLess(left, right, symbol: "<=") || areEqual(left, right)
      case .greaterOrEqual: try isLess(right, left, symbol: ">=") || areEqual(left, right)
      case .contained: try contains(right, left)
      case .notContained: try !contains(right, left)
      }
    }

    static func contains(_ container: Value, _ element: Value) throws(Failure) -> Bool {
      switch container {
      case .undefined: return false
      case .sequence(let elements): return elements.values.contains { areEqual($0, element) }
      case .mapping(let mapping):
        guard let key = Key(element) else { throw .failed("unhashable type: '\(element.typeName)'") }
        return mapping[key] != nil
      case .string(let text), .markup(let text):
        guard let needle = element.stringValue else {
          throw .failed("'in <string>' requires string as left operand, not \(element.typeName)")
        }
        return Text.contains(needle, in: text)
      default:
        throw .failed("argument of type '\(container.typeName)' is not iterable")
      }
    }

    /// The order in which a stable sort puts the values.
    static func sortedIndices(_ values: [Value], descending: Bool = false) throws(Failure) -> [Int] {
      do {
        return try values.indices.sorted { first, second in
          let (a, b) = descending ? (second, first) : (first, second)
          return try isLess(values[a], values[b])
        }
      } catch let failure as Failure {
        throw failure
      } catch {
        throw .failed("\(error)")
      }
    }
  }
}
