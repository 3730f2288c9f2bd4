import Foundation

extension Jinja {
  /// Python's operators on numbers, text and lists.
  enum Arithmetic {
    /// The number as a float; nil for what isn't a number.
    static func double(_ value: Value) -> Double? {
      if case .number(let number) = value { return number }
      return value.integerValue.map(Double.init)
    }

    static func apply(_ operation: Operator, _ left: Value, _ right: Value) throws(Failure) -> Value {
      if case .remainder = operation, case .string(let format) = left {
        return .string(try PercentFormat.apply(format, to: right))
      }
      if let a = left.integerValue, let b = right.integerValue { return try onIntegers(operation, a, b) }
      if let a = double(left), let b = double(right) { return try onNumbers(operation, a, b) }
      switch operation {
      case .add: return try add(left, right)
      case .multiply:
        if let count = right.integerValue { return try repeating(left, count, refusing: right) }
        if let count = left.integerValue { return try repeating(right, count, refusing: left) }
      default: break
      }
      throw refusal(of: operation.rawValue, left, right)
    }

    private static func add(_ left: Value, _ right: Value) throws(Failure) -> Value {
      switch (left, right) {
      case (.string(let a), .string(let b)):
        return .string(a + b)
      case (.markup, .string), (.string, .markup), (.markup, .markup):
        throw .unsupported("'+' on text that 'safe' or 'escape' has marked")
      case (.sequence(let a), .sequence(let b)) where a.kind == .list && b.kind == .list:
        return .list(a.values + b.values)
      case (.sequence(let a), .sequence(let b)) where a.isTuple && b.isTuple:
        return .tuple(a.values + b.values)
      default:
        throw refusal(of: "+", left, right)
      }
    }

    private static func repeating(_ value: Value, _ count: Int, refusing other: Value) throws(Failure)
      -> Value
    {
      let count = max(0, count)
      try Text.check(size: value.size.multipliedSaturated(by: count))
      switch value {
      case .string(let text): return .string(String(repeating: text, count: count))
      case .sequence(let elements) where elements.kind == .list || elements.isTuple:
        let values = Array(repeatElement(elements.values, count: count).joined())
        return elements.kind == .list ? .list(values) : .tuple(values)
      default: throw refusal(of: "*", value, other)
      }
    }

    private static func onIntegers(_ operation: Operator, _ a: Int, _ b: Int) throws(Failure) -> Value {
      let result: (partialValue: Int, overflow: Bool)
      switch operation {
      case .add: result = a.addingReportingOverflow(b)
      case .subtract: result = a.subtractingReportingOverflow(b)
      case .multiply: result = a.multipliedReportingOverflow(by: b)
      case .divide: return try onNumbers(operation, Double(a), Double(b))
      case .floorDivide, .remainder:
        guard b != 0 else { throw .failed("integer division or modulo by zero") }
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        let remainder = overflow ? 0 : a % b
        let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
        if operation == .remainder { return .integer(isBelow ? remainder + b : remainder) }
        result = (isBelow ? quotient - 1 : quotient, overflow)
      case .power:
        guard b >= 0 else { return try onNumbers(operation, Double(a), Double(b)) }
        result = power(a, b)
      }
      guard !result.overflow else { throw .unsupported("integers beyond 64 bits") }
      return .integer(result.partialValue)
    }

    private static func power(_ base: Int, _ exponent: Int) -> (partialValue: Int, overflow: Bool) {
      // Beyond 63 factors only 0, 1 and -1 stay within 64 bits.
      let factors = exponent > 64 && (-1...1).contains(base) ? 2 + exponent % 2 : exponent
      var product = 1
      for _ in 0..<factors {
        let (next, overflow) = product.multipliedReportingOverflow(by: base)
        if overflow { return (0, true) }
        product = next
      }
      return (product, false)
    }

    private static func onNumbers(_ operation: Operator, _ a: Double, _ b: Double) throws(Failure) -> Value {
      switch operation {
      case .add: return .number(a + b)
      case .subtract: return .number(a - b)
      case .multiply: return .number(a * b)
      case .divide, .floorDivide, .remainder:
        guard b != 0 else { throw .failed("division by zero") }
        if operation == .divide { return .number(a / b) }
        var remainder = a.truncatingRemainder(dividingBy: b)
        if remainder != 0, (remainder < 0) != (b < 0) { remainder += b }
        return .number(operation == .remainder ? remainder : ((a - remainder) / b).rounded())
      case .power:
        guard a != 0 || b >= 0 else { throw .failed("0.0 cannot be raised to a negative power") }
        guard a >= 0 || b == b.rounded() else { throw .unsupported("complex numbers") }
        return .number(pow(a, b))
      }
    }

    static func negate(_ value: Value) throws(Failure) -> Value {
      if case .number(let number) = value { return .number(-number) }
      guard let integer = value.integerValue else { throw refusal(ofUnary: "-", value) }
      guard integer != .min else { throw .unsupported("integers beyond 64 bits") }
      return .integer(-integer)
    }

    static func positive(_ value: Value) throws(Failure) -> Value {
      if case .number = value { return value }
      guard let integer = value.integerValue else { throw refusal(ofUnary: "+", value) }
      return .integer(integer)
    }

    // MARK: - Refusals

    static func refusal(
      of symbol: String, _ left: Value, _ right: Value, verb: String? = nil
    ) -> Failure {
      for value in [left, right] {
        if case .undefined(let message) = value { return .failed(message) }
      }
      let what = verb ?? "unsupported operand types for '\(symbol)':"
      return .failed("\(what) '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func refusal(ofUnary symbol: String, _ value: Value) -> Failure {
      if case .undefined(let message) = value { return .failed(message) }
      return .failed("bad operand type for unary \(symbol): '\(value.typeName)'")
    }
  }
}
