extension Jinja {
  /// Python's `%` on text, with `%s`, `%d`, `%.2f`, `%(name)s` and the like.
  enum PercentFormat {
    static func apply(_ format: String, to value: Value) throws(Failure) -> String {
      var arguments = [value][...]
      if case .sequence(let elements) = value, elements.isTuple { arguments = elements.values[...] }
      var result = String.UnicodeScalarView()
      var rest = Array(format.unicodeScalars)[...]
      var usesNames = false
      while let scalar = rest.popFirst() {
        guard scalar == "%" else {
          result.append(scalar)
          continue
        }
        let conversion = try Conversion(from: &rest)
        if conversion.type == "%" {
          result.append("%")
          continue
        }
        let argument: Value
        if let name = conversion.name {
          guard case .mapping(let mapping) = value else { throw .failed("format requires a mapping") }
          guard let named = mapping[name] else { throw .failed("the format's key '\(name)' is missing") }
          argument = named
          usesNames = true
        } else {
          guard let next = arguments.popFirst() else {
            throw .failed("not enough arguments for format string")
          }
          argument = next
        }
        result.append(contentsOf: try conversion.text(of: argument).unicodeScalars)
        try Text.check(size: result.count)
      }
      var takesLeftovers = usesNames
      if case .mapping = value { takesLeftovers = true }
      if case .sequence(let elements) = value, elements.kind == .list { takesLeftovers = true }
      guard arguments.isEmpty || takesLeftovers else {
        throw .failed("not all arguments converted during string formatting")
      }
      return String(result)
    }

    private struct Conversion {
      var name: String?
      var specification = FormatSpecification()
      var type: Unicode.Scalar

      init(from rest: inout ArraySlice<Unicode.Scalar>) throws(Failure) {
        if rest.first == "(" {
          guard let end = rest.firstIndex(of: ")") else { throw .failed("incomplete format key") }
          name = String(scalars: rest[(rest.startIndex + 1)..<end])
          rest = rest[(end + 1)...]
        }
        specification.alignment = ">"
        var isLeft = false
        while let flag = rest.first, "-+ #0".unicodeScalars.contains(flag) {
          rest.removeFirst()
          switch flag {
          case "-": isLeft = true
          case "0": (specification.fill, specification.alignment) = ("0", "=")
          case "#": specification.isAlternate = true
          default: specification.sign = flag
          }
        }
        if isLeft { (specification.fill, specification.alignment) = (" ", "<") }
        specification.width = try Self.number(from: &rest)
        if rest.first == "." {
          rest.removeFirst()
          specification.precision = try Self.number(from: &rest)
        }
        guard let type = rest.popFirst() else { throw .failed("incomplete format") }
        self.type = type
      }

      private static func number(from rest: inout ArraySlice<Unicode.Scalar>) throws(Failure) -> Int {
        if rest.first == "*" { throw .unsupported("'*' as a width in '%' formats") }
        let digits = rest.prefix(while: \.isASCIIDigit)
        rest = rest.dropFirst(digits.count)
        guard !digits.isEmpty else { return 0 }
        guard let number = Int(String(scalars: digits)), number <= Limit.valueSize else {
          throw Failure(.limit, "a format's width is too large")
        }
        return number
      }

      func text(of value: Value) throws(Failure) -> String {
        var specification = specification
        switch type {
        case "s", "r":
          specification.sign = "-"
          if specification.alignment == "=" { (specification.fill, specification.alignment) = (" ", ">") }
          return try specification.format(
            .string(type == "s" ? try value.text() : try value.representation()))
        case "d", "i", "u":
          specification.type = "d"
          if case .number(let number) = value {
            guard let integer = Int(exactly: number.rounded(.towardZero)) else {
              throw .unsupported("integers beyond 64 bits")
            }
            return try specification.format(.integer(integer))
          }
        case "x", "X", "o", "e", "E", "f", "F", "g", "G":
          specification.type = type
        default:
          throw .unsupported("'%\(type)' in formats")
        }
        if specification.precision != nil, !"eEfFgG".unicodeScalars.contains(type) {
          throw .unsupported("a precision for '%\(type)'")
        }
        guard Arithmetic.double(value) != nil else {
          throw .failed("%\(type) format: a number is required, not \(value.typeName)")
        }
        return try specification.format(value)
      }
    }
  }
}
