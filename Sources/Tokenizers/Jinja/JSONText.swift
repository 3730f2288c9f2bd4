extension Jinja {
  /// `tojson` as transformers defines it: Python's `json.dumps` without HTML escapes.
  struct JSONText {
    /// What one level is indented by; nil writes everything on one line.
    var indentation: String?
    var itemSeparator: String
    var keySeparator: String
    var escapesNonASCII = false
    var sortsKeys = false
    private var text = ""

    init(indentation: String?, separators: (item: String, key: String)?) {
      self.indentation = indentation
      itemSeparator = separators?.item ?? (indentation == nil ? ", " : ",")
      keySeparator = separators?.key ?? ": "
    }

    mutating func write(_ value: Value) throws(Failure) -> String {
      text = ""
      try append(value, level: 0)
      return text
    }

    private mutating func append(_ value: Value, level: Int) throws(Failure) {
      switch value {
      case .none: text += "null"
      case .boolean(let flag): text += flag ? "true" : "false"
      case .integer(let integer): text += String(integer)
      case .number(let number): text += Self.number(number)
      case .string(let string), .markup(let string): appendString(string)
      case .sequence(let elements) where elements.kind == .list || elements.isTuple:
        try appendItems(elements.values, brackets: ("[", "]"), level: level) {
          (writer, value) throws(Failure) in
          try writer.append(value, level: level + 1)
        }
      case .mapping(let mapping):
        try appendItems(try members(of: mapping), brackets: ("{", "}"), level: level) {
          (writer, member) throws(Failure) in
          writer.appendString(member.key)
          writer.text += writer.keySeparator
          try writer.append(member.value, level: level + 1)
        }
      default:
        throw .failed("Object of type \(value.typeName) is not JSON serializable")
      }
    }

    private mutating func appendItems<Item>(
      _ items: [Item], brackets: (String, String), level: Int,
      _ appendItem: (inout JSONText, Item) throws(Failure) -> Void
    ) throws(Failure) {
      text += brackets.0
      for (index, item) in items.enumerated() {
        if index > 0 { text += itemSeparator }
        try appendNewline(level: level + 1)
        try appendItem(&self, item)
      }
      if !items.isEmpty { try appendNewline(level: level) }
      text += brackets.1
    }

    private mutating func appendNewline(level: Int) throws(Failure) {
      guard let indentation else { return }
      try Text.check(
        size: text.utf8.count.addingSaturated(indentation.utf8.count.multipliedSaturated(by: level)))
      text += "\n" + String(repeating: indentation, count: level)
    }

    private func members(of mapping: Mapping) throws(Failure) -> [(key: String, value: Value)] {
      var keys = mapping.keys
      var values = mapping.values
      if sortsKeys {
        let order = try Comparing.sortedIndices(keys)
        keys = order.map { mapping.keys[$0] }
        values = order.map { mapping.values[$0] }
      }
      var members: [(key: String, value: Value)] = []
      for (key, value) in zip(keys, values) { members.append((try Self.name(of: key), value)) }
      return members
    }

    private static func name(of key: Value) throws(Failure) -> String {
      switch key {
      case .string(let text), .markup(let text): text
      case .none: "null"
      case .boolean(let flag): flag ? "true" : "false"
      case .integer(let integer): String(integer)
      case .number(let value): number(value)
      default: throw .failed("keys must be str, int, float, bool or None, not \(key.typeName)")
      }
    }

    private static func number(_ value: Double) -> String {
      if value.isNaN { return "NaN" }
      guard value.isFinite else { return value < 0 ? "-Infinity" : "Infinity" }
      return Numbers.text(value)
    }

    private mutating func appendString(_ string: String) {
      var result = String.UnicodeScalarView()
      for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
        case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
        case "\n": result.append(contentsOf: "\\n".unicodeScalars)
        case "\r": result.append(contentsOf: "\\r".unicodeScalars)
        case "\t": result.append(contentsOf: "\\t".unicodeScalars)
        case "\u{8}": result.append(contentsOf: "\\b".unicodeScalars)
        case "\u{C}": result.append(contentsOf: "\\f".unicodeScalars)
        default:
          if scalar.value < 0x20 || (escapesNonASCII && scalar.value > 0x7E) {
            for unit in String(scalar).utf16 {
              result.append(contentsOf: "\\u\(Text.hexadecimal(UInt32(unit), width: 4))".unicodeScalars)
            }
          } else {
            result.append(scalar)
          }
        }
      }
      text += "\"\(String(result))\""
    }
  }
}
