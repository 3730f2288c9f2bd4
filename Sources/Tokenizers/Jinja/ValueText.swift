extension Jinja.Value {
  /// What printing the value gives: Python's `str`.
  func text() throws(Jinja.Failure) -> String {
    switch self {
    case .undefined: ""
    case .string(let text), .markup(let text): text
    default: try representation()
    }
  }

  /// Python's `repr`.
  func representation() throws(Jinja.Failure) -> String {
    switch self {
    case .undefined: "Undefined"
    case .none: "None"
    case .boolean(let flag): flag ? "True" : "False"
    case .integer(let value): String(value)
    case .number(let value): Jinja.Numbers.text(value)
    case .string(let text): Jinja.Text.quote(text)
    case .markup(let text): "Markup(\(Jinja.Text.quote(text)))"
    case .sequence(let elements): try elements.representation()
    case .mapping(let mapping): try mapping.representation()
    case .object, .function, .method:
      throw .unsupported("printing a generator, namespace, loop or function")
    }
  }
}

extension Jinja.Elements {
  fileprivate func representation() throws(Jinja.Failure) -> String {
    switch kind {
    case .list: "[\(try joined())]"
    case .tuple, .group: values.count == 1 ? "(\(try joined()),)" : "(\(try joined()))"
    case .keys: "dict_keys([\(try joined())])"
    case .values: "dict_values([\(try joined())])"
    case .items: "dict_items([\(try joined())])"
    case .range(let start, let stop, let step):
      step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))"
    }
  }

  private func joined() throws(Jinja.Failure) -> String {
    var parts: [String] = []
    for value in values { parts.append(try value.representation()) }
    return parts.joined(separator: ", ")
  }
}

extension Jinja.Mapping {
  fileprivate func representation() throws(Jinja.Failure) -> String {
    var parts: [String] = []
    for (key, value) in zip(keys, values) {
      parts.append("\(try key.representation()): \(try value.representation())")
    }
    return "{\(parts.joined(separator: ", "))}"
  }
}

extension Jinja.Text {
  /// A string literal as Python's `repr` writes it.
  static func quote(_ text: String) -> String {
    let hasSingle = text.utf8.contains(UInt8(ascii: "'"))
    let quote: Unicode.Scalar = hasSingle && !text.utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case quote, "\\": result.append(contentsOf: "\\\(scalar)".unicodeScalars)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      default:
        if scalar.isPrintable {
          result.append(scalar)
        } else {
          let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          result.append(contentsOf: "\\\(letter)\(hexadecimal(scalar.value, width: width))".unicodeScalars)
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  static func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

extension Jinja {
  enum Numbers {
    /// A float as Python's `repr` writes it: the fewest digits that read back, an exponent below 1e-4 and
    /// from 1e16.
    static func text(_ value: Double) -> String {
      guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
      let sign = value.sign == .minus ? "-" : ""
      guard value != 0 else { return sign + "0.0" }
      let (digits, exponent) = shortestDigits(value.magnitude)
      if exponent < -4 || exponent >= 16 {
        let fraction = digits.count > 1 ? "." + String(digits.dropFirst()) : ""
        let magnitude = abs(exponent) < 10 ? "0\(abs(exponent))" : String(abs(exponent))
        return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude)"
      }
      if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
      let padded = digits + String(repeating: "0", count: max(0, exponent + 2 - digits.count))
      return sign + padded.prefix(exponent + 1) + "." + padded.dropFirst(exponent + 1)
    }

    /// The shortest digits that read back as the value, and the power of ten of the first one.
    private static func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
      let parts = value.description.split(separator: "e")
      let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
      let whole = mantissa[0]
      let fraction = mantissa.count > 1 ? mantissa[1] : ""
      var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + whole.count - 1
      var digits = String(whole + fraction)
      while digits.hasPrefix("0") {
        digits.removeFirst()
        exponent -= 1
      }
      while digits.hasSuffix("0") { digits.removeLast() }
      return (digits, exponent)
    }
  }
}
