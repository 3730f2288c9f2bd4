import Foundation

extension Jinja {
  /// Python's format mini-language: `[[fill]align][sign][#][0][width][,][.precision][type]`.
  struct FormatSpecification {
    var fill: Unicode.Scalar = " "
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var width = 0
    var grouping: String?
    var precision: Int?
    var type: Unicode.Scalar?

    init() {}

    init(_ text: String) throws(Failure) {
      var rest = Array(text.unicodeScalars)[...]
      func isAlignment(_ scalar: Unicode.Scalar) -> Bool { "<>=^".unicodeScalars.contains(scalar) }
      if rest.count >= 2, isAlignment(rest[rest.startIndex + 1]) {
        fill = rest.removeFirst()
        alignment = rest.removeFirst()
      } else if let first = rest.first, isAlignment(first) {
        alignment = rest.removeFirst()
      }
      if let first = rest.first, "+- ".unicodeScalars.contains(first) { sign = rest.removeFirst() }
      if rest.first == "#" {
        isAlternate = true
        rest.removeFirst()
      }
      if rest.first == "0" {
        rest.removeFirst()
        if alignment == nil { (fill, alignment) = ("0", "=") }
      }
      width = try Self.number(from: &rest) ?? 0
      if let first = rest.first, first == "," || first == "_" { grouping = String(rest.removeFirst()) }
      if rest.first == "." {
        rest.removeFirst()
        precision = try Self.number(from: &rest)
      }
      type = rest.popFirst()
      guard rest.isEmpty else { throw .failed("invalid format specifier '\(text)'") }
    }

    private static func number(from rest: inout ArraySlice<Unicode.Scalar>) throws(Failure) -> Int? {
      let digits = rest.prefix(while: \.isASCIIDigit)
      rest = rest.dropFirst(digits.count)
      guard !digits.isEmpty else { return nil }
      guard let number = Int(String(scalars: digits)), number <= Limit.valueSize else {
        throw Failure(.limit, "a format's width is too large")
      }
      return number
    }

    func format(_ value: Value) throws(Failure) -> String {
      switch value {
      case .string(let text), .markup(let text): return try format(text: text)
      case .integer, .boolean, .number:
        // A boolean without a type is formatted as the integer it is; Python does the same unless it's bare.
        if case .boolean = value, type == nil, self.isPlain { return try value.text() }
        return try format(number: value)
      default:
        guard isPlain else {
          throw .failed("unsupported format specifier for '\(value.typeName)'")
        }
        return try value.text()
      }
    }

    private var isPlain: Bool {
      width == 0 && precision == nil && type == nil && alignment == nil && grouping == nil && !isAlternate
    }

    private func format(text: String) throws(Failure) -> String {
      guard type == nil || type == "s", alignment != "=", sign == "-", grouping == nil else {
        throw .failed("invalid format specifier for text")
      }
      let kept = precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
      return try padded(kept, sign: "", defaultAlignment: "<")
    }

    private func format(number value: Value) throws(Failure) -> String {
      let isFloatType = type.map { "eEfFgG%".unicodeScalars.contains($0) } ?? false
      if let integer = value.integerValue, !isFloatType {
        guard precision == nil else { throw .failed("precision not allowed in integer format specifier") }
        return try padded(
          try digits(of: integer), sign: signText(isNegative: integer < 0), defaultAlignment: ">")
      }
      guard let number = Arithmetic.double(value) else { throw .failed("a number is needed") }
      let isNegative = number.sign == .minus
      return try padded(
        try digits(of: number.magnitude), sign: signText(isNegative: isNegative), defaultAlignment: ">")
    }

    private func signText(isNegative: Bool) -> String {
      isNegative ? "-" : sign == "-" ? "" : String(sign)
    }

    private func digits(of integer: Int) throws(Failure) -> String {
      let magnitude = integer.magnitude
      switch type {
      case nil, "d": return grouped(String(magnitude))
      case "x": return (isAlternate ? "0x" : "") + String(magnitude, radix: 16)
      case "X": return (isAlternate ? "0X" : "") + String(magnitude, radix: 16, uppercase: true)
      case "o": return (isAlternate ? "0o" : "") + String(magnitude, radix: 8)
      case "b": return (isAlternate ? "0b" : "") + String(magnitude, radix: 2)
      case "c":
        guard let scalar = UInt32(exactly: integer).flatMap(Unicode.Scalar.init) else {
          throw .failed("%c needs a code point")
        }
        return String(scalar)
      case .some(let type): throw .failed("unknown format code '\(type)' for an integer")
      }
    }

    private func digits(of magnitude: Double) throws(Failure) -> String {
      guard precision ?? 0 <= 1_000 else { throw Failure(.limit, "a format's precision is too large") }
      guard !isAlternate else { throw .unsupported("'#' in the format of a float") }
      switch type {
      case nil where precision == nil:
        return grouped(Numbers.text(magnitude))
      case "f", "F", "%":
        let scaled = type == "%" ? magnitude * 100 : magnitude
        let text = magnitude.isFinite ? String(format: "%.\(precision ?? 6)f", scaled) : Numbers.text(scaled)
        return grouped(text) + (type == "%" ? "%" : "")
      case "e": return String(format: "%.\(precision ?? 6)e", magnitude)
      case "E": return String(format: "%.\(precision ?? 6)E", magnitude)
      case "g": return grouped(String(format: "%.\(precision ?? 6)g", magnitude))
      case "G": return grouped(String(format: "%.\(precision ?? 6)G", magnitude))
      case nil: throw .unsupported("a precision without a type in the format of a float")
      case .some(let type): throw .failed("unknown format code '\(type)' for a float")
      }
    }

    private func grouped(_ digits: String) -> String {
      guard let grouping else { return digits }
      let whole = digits.prefix(while: \.isNumber)
      var result = ""
      for (index, digit) in whole.enumerated() {
        if index > 0, (whole.count - index) % 3 == 0 { result += grouping }
        result.append(digit)
      }
      return result + digits.dropFirst(whole.count)
    }

    private func padded(
      _ text: String, sign: String, defaultAlignment: Unicode.Scalar
    ) throws(Failure) -> String {
      switch alignment ?? defaultAlignment {
      case "<": return try Text.pad(sign + text, to: width, with: fill, at: .right)
      case ">": return try Text.pad(sign + text, to: width, with: fill, at: .left)
      case "=":
        if grouping != nil, fill == "0" { throw .unsupported("zero padding with grouped digits") }
        return sign + (try Text.pad(text, to: width - sign.utf8.count, with: fill, at: .left))
      default:
        // Unlike str.center, format puts the odd blank on the right.
        let all = sign + text
        let missing = max(0, width - all.unicodeScalars.count)
        let left = try Text.pad(all, to: width - missing + missing / 2, with: fill, at: .left)
        return try Text.pad(left, to: width, with: fill, at: .right)
      }
    }
  }
}
