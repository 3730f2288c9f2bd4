extension JSON {
  /// The document as text: compact on one line, or `pretty` with two spaces a level.
  ///
  /// Keys keep their order, so what is parsed and written again differs only in white space and in the
  /// spelling of escapes and numbers. JSON has no infinities and no NaN: they become `null`.
  public func text(pretty: Bool = false) -> String {
    String(decoding: utf8(pretty: pretty), as: UTF8.self)
  }

  /// The document as UTF-8 bytes.
  public func utf8(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(isPretty: pretty)
    writer.append(self, level: 0)
    return writer.bytes
  }
}

private struct JSONWriter {
  let isPretty: Bool
  var bytes: [UInt8] = []

  init(isPretty: Bool) { self.isPretty = isPretty }

  mutating func append(_ value: JSON, level: Int) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let value): bytes += (value.isFinite ? value.description : "null").utf8
    case .string(let value): append(value)
    case .array(let elements):
      append(elements, between: "[", "]", level: level) { $0.append($1, level: level + 1) }
    case .object(let members):
      append(members, between: "{", "}", level: level) { writer, member in
        writer.append(member.key)
        writer.bytes += (writer.isPretty ? ": " : ":").utf8
        writer.append(member.value, level: level + 1)
      }
    }
  }

  private mutating func append<Elements: Collection>(
    _ elements: Elements, between open: Unicode.Scalar, _ close: Unicode.Scalar, level: Int,
    each: (inout JSONWriter, Elements.Element) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      breakLine(level: level + 1)
      each(&self, element)
    }
    if !isFirst { breakLine(level: level) }
    bytes.append(UInt8(ascii: close))
  }

  private mutating func breakLine(level: Int) {
    guard isPretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes += repeatElement(UInt8(ascii: " "), count: level * 2)
  }

  private mutating func append(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += #"\""#.utf8
      case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
      case 0x08: bytes += #"\b"#.utf8
      case 0x09: bytes += #"\t"#.utf8
      case 0x0A: bytes += #"\n"#.utf8
      case 0x0C: bytes += #"\f"#.utf8
      case 0x0D: bytes += #"\r"#.utf8
      case ..<0x20: bytes += #"\u00\#(byte < 16 ? "0" : "")\#(String(byte, radix: 16))"#.utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
