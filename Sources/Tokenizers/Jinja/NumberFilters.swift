import Foundation

extension Jinja.Filters {
  static let numbers: [String: Filter] = [
    "abs": { _, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "abs")
      let isNegative = try Jinja.Comparing.isLess(value, .integer(0), symbol: "abs")
      return isNegative ? try Jinja.Arithmetic.negate(value) : try Jinja.Arithmetic.positive(value)
    },
    "int": { _, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "default", "base", for: "int")
      return try integer(value, base: try bound.integer("base") ?? 10) ?? bound["default"] ?? .integer(0)
    },
    "float": { _, value, arguments throws(Failure) in
      let fallback = try arguments.bound(to: "default", for: "float")["default"] ?? .number(0)
      let number = value.stringValue.flatMap(number(from:)) ?? Jinja.Arithmetic.double(value)
      return number.map(Value.number) ?? fallback
    },
    "round": { _, value, arguments throws(Failure) in try round(value, arguments) },
  ]

  private static func integer(_ value: Value, base: Int) throws(Failure) -> Value? {
    var number = Jinja.Arithmetic.double(value)
    if let integer = value.integerValue { return .integer(integer) }
    if let text = value.stringValue {
      if let integer = try integer(from: text, base: base) { return .integer(integer) }
      number = self.number(from: text)
    }
    guard let number, number.isFinite else { return nil }
    guard let integer = Int(exactly: number.rounded(.towardZero)) else {
      throw .unsupported("integers beyond 64 bits")
    }
    return .integer(integer)
  }

  /// Python's `int(text, base)`: blanks around it, a sign, single underscores between digits.
  private static func integer(from text: String, base: Int) throws(Failure) -> Int? {
    guard (2...36).contains(base) else { throw .unsupported("'int' in base \(base)") }
    var digits = Jinja.Text.strip(text, of: nil).lowercased()
    let sign = digits.hasPrefix("-") || digits.hasPrefix("+") ? String(digits.removeFirst()) : ""
    if let prefix = [2: "0b", 8: "0o", 16: "0x"][base], digits.hasPrefix(prefix) { digits.removeFirst(2) }
    guard let plain = withoutUnderscores(digits),
      plain.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { return nil }
    if let value = Int(sign + plain, radix: base) { return value }
    let isTooLarge = plain.allSatisfy { $0.hexDigitValue.map { $0 < base } ?? false }
    if isTooLarge { throw .unsupported("integers beyond 64 bits") }
    return nil
  }

  /// Python's `float(text)`.
  private static func number(from text: String) -> Double? {
    guard let plain = withoutUnderscores(Jinja.Text.strip(text, of: nil).lowercased()) else { return nil }
    switch plain.drop(while: { $0 == "+" || $0 == "-" }) {
    case "inf", "infinity", "nan": break
    default:
      guard plain.allSatisfy({ "0123456789+-.e".contains($0) }) else { return nil }
    }
    // Swift wants digits on both sides of the point, Python on one.
    if let value = Double(plain) { return value }
    let point = plain.split(separator: ".", omittingEmptySubsequences: false)
    guard point.count == 2 else { return nil }
    let head = point[0].last?.isNumber == true ? String(point[0]) : point[0] + "0"
    let tail = point[1].first?.isNumber == true ? String(point[1]) : "0" + point[1]
    return point[0].last?.isNumber == true || point[1].first?.isNumber == true
      ? Double(head + "." + tail) : nil
  }

  private static func withoutUnderscores(_ text: String) -> String? {
    guard !text.isEmpty, !text.hasPrefix("_"), !text.hasSuffix("_"), !text.contains("__") else { return nil }
    return text.filter { $0 != "_" }
  }

  private static func round(_ value: Value, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    let bound = try arguments.bound(to: "precision", "method", for: "round")
    let precision = try bound.integer("precision") ?? 0
    let method = try bound.string("method") ?? "common"
    guard let number = Jinja.Arithmetic.double(value) else {
      if case .undefined(let message) = value { throw .failed(message) }
      throw .failed("'round' needs a number, not \(value.typeName)")
    }
    guard (0...300).contains(precision) else { throw .unsupported("'round' to \(precision) places") }
    let scale = pow(10, Double(precision))
    switch method {
    case "common":
      if let integer = value.integerValue { return .integer(integer) }
      // The C library rounds the exact binary value, ties to even, which is Python's rule.
      return .number(Double(String(format: "%.\(precision)f", number)) ?? number)
    case "ceil": return .number((number * scale).rounded(.up) / scale)
    case "floor": return .number((number * scale).rounded(.down) / scale)
    default: throw .failed("the method of 'round' must be common, ceil or floor")
    }
  }
}
