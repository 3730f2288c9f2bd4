import Foundation

/// What to do with a key that an object has twice; RFC 8259 leaves it open.
public enum DuplicateKeys: Sendable {
  /// The last value stays, as in Python.
  case keepLast
  /// An error: for formats in which every name must be unique.
  case refuse
}

extension JSON {
  /// Parses one document of JSON (RFC 8259, nothing more).
  ///
  /// A byte order mark is skipped; half of a surrogate pair becomes U+FFFD; an integer that doesn't fit 64 bits
  /// becomes a `number`. Invalid UTF-8, numbers beyond `Double` and nesting beyond 512 levels are refused.
  ///
  /// - Parameter source: the file's path, or another name for messages.
  /// - Throws: `FormatsError.json` with line and column.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, source: String, firstLine: Int = 1,
    duplicateKeys: DuplicateKeys = .keepLast
  ) throws -> JSON {
    try bytes.withMemoryRebound(to: UInt8.self) { bytes in
      var parser = JSONParser(bytes: bytes, duplicateKeys: duplicateKeys)
      do throws(JSONFailure) {
        return try parser.document()
      } catch {
        throw error.located(in: bytes, source: source, firstLine: firstLine)
      }
    }
  }

  /// Parses one document of JSON.
  public static func parse(_ data: Data, source: String) throws -> JSON {
    try data.withUnsafeBytes { try parse($0, source: source) }
  }

  /// Parses one document of JSON.
  public static func parse(_ bytes: [UInt8], source: String) throws -> JSON {
    try bytes.withUnsafeBytes { try parse($0, source: source) }
  }

  /// Parses one document of JSON.
  public static func parse(_ text: String, source: String) throws -> JSON {
    var text = text
    return try text.withUTF8 { try parse(UnsafeRawBufferPointer($0), source: source) }
  }

  /// Parses the file at `path`.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path: path)
    self = try file.withBytes { try JSON.parse($0, source: path) }
  }
}

/// A recursive-descent parser over UTF-8 bytes.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let duplicateKeys: DuplicateKeys
  private var position = 0

  /// Deep enough for real documents, shallow enough for the smallest stack.
  static let deepest = 512

  init(bytes: UnsafeBufferPointer<UInt8>, duplicateKeys: DuplicateKeys) {
    self.bytes = bytes
    self.duplicateKeys = duplicateKeys
  }

  mutating func document() throws(JSONFailure) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipWhitespace()
    let value = try value(depth: 0)
    skipWhitespace()
    guard position == bytes.count else { throw unexpected("the end of the document") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONFailure) -> JSON {
    switch current {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    case let byte? where byte.isDigit: return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONFailure) -> JSONObject {
    try enter(depth)
    var object = JSONObject()
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return object }
    while true {
      guard current == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let keyOffset = position
      let key = try string()
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
      skipWhitespace()
      let isNew = object.insert(key, try value(depth: depth))
      if !isNew, duplicateKeys == .refuse {
        throw JSONFailure(problem: .duplicateKey(key), offset: keyOffset)
      }
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return object }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
      skipWhitespace()
    }
  }

  private mutating func array(depth: Int) throws(JSONFailure) -> [JSON] {
    try enter(depth)
    var elements: [JSON] = []
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try value(depth: depth))
      skipWhitespace()
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or ']'") }
      skipWhitespace()
    }
  }

  /// Steps over the opening bracket of level `depth`.
  private mutating func enter(_ depth: Int) throws(JSONFailure) {
    guard depth <= Self.deepest else { throw failure(.nestedTooDeeply(limit: Self.deepest)) }
    position += 1
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONFailure) -> JSON {
    let start = position
    for index in 0..<word.utf8CodeUnitCount {
      guard current == word.utf8Start[index] else {
        position = start
        throw unexpected("\(word)")
      }
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONFailure) -> JSON {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let firstDigit = position
    try digits()
    if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
      position = firstDigit + 1
      throw unexpected("no digit after a leading zero")
    }
    let wholeEnd = position
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    if position == wholeEnd, let whole = integer(firstDigit..<wholeEnd, isNegative: isNegative) {
      return .integer(whole)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw JSONFailure(problem: .numberOutOfRange(text), offset: start)
    }
    return .number(value)
  }

  private mutating func digits() throws(JSONFailure) {
    let start = position
    while let byte = current, byte.isDigit { position += 1 }
    guard position > start else { throw unexpected("a digit") }
  }

  private func integer(_ range: Range<Int>, isNegative: Bool) -> Int? {
    var value = 0
    for byte in bytes[range] {
      let digit = Int(byte &- UInt8(ascii: "0"))
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowInSum) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
      if overflow || overflowInSum { return nil }
      value = sum
    }
    return value
  }

  private mutating func string() throws(JSONFailure) -> String {
    let quote = position
    position += 1
    let start = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try validated(start..<position)
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start, quote: quote)
      case ..<0x20: throw failure(.controlCharacterInString(code: byte))
      default: position += 1
      }
    }
    throw JSONFailure(problem: .unterminatedString, offset: quote)
  }

  /// The rest of a string that has escapes: pieces between them are copied, escapes are decoded.
  private mutating func escapedString(from start: Int, quote: Int) throws(JSONFailure) -> String {
    var text = try validated(start..<position)
    var pieceStart = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        text += try validated(pieceStart..<position)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        text += try validated(pieceStart..<position)
        text.unicodeScalars.append(try escape())
        pieceStart = position
      case ..<0x20: throw failure(.controlCharacterInString(code: byte))
      default: position += 1
      }
    }
    throw JSONFailure(problem: .unterminatedString, offset: quote)
  }

  private mutating func escape() throws(JSONFailure) -> Unicode.Scalar {
    let start = position
    position += 1
    let letter = current
    position += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let unit = hexadecimalUnit(at: position) else { break }
      position += 4
      return surrogatePair(after: unit) ?? Unicode.Scalar(UInt32(unit)) ?? "\u{FFFD}"
    default: break
    }
    let end = min(letter == UInt8(ascii: "u") ? start + 6 : start + 2, bytes.count)
    let escape = String(decoding: bytes[start..<end], as: UTF8.self)
    throw JSONFailure(problem: .invalidEscape(escape), offset: start)
  }

  /// The scalar of `high` and a low surrogate written right after it; steps over the latter.
  private mutating func surrogatePair(after high: UInt16) -> Unicode.Scalar? {
    guard UTF16.isLeadSurrogate(high), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u"), let low = hexadecimalUnit(at: position + 2),
      UTF16.isTrailSurrogate(low)
    else { return nil }
    position += 6
    return Unicode.Scalar(0x10000 + (UInt32(high) - 0xD800) << 10 + UInt32(low) - 0xDC00)
  }

  private func hexadecimalUnit(at start: Int) -> UInt16? {
    guard start + 4 <= bytes.count else { return nil }
    var unit: UInt16 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  private func validated(_ range: Range<Int>) throws(JSONFailure) -> String {
    let piece = UnsafeBufferPointer(rebasing: bytes[range])
    if let text = String(validating: piece, as: UTF8.self) { return text }
    // Where the repaired text leaves the original is the first bad byte.
    let good = zip(String(decoding: piece, as: UTF8.self).utf8, piece).prefix { $0 == $1 }.count
    throw JSONFailure(problem: .invalidUTF8, offset: range.lowerBound + good)
  }

  // MARK: - Bytes

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func failure(_ problem: JSONProblem) -> JSONFailure {
    JSONFailure(problem: problem, offset: position)
  }

  private func unexpected(_ expected: String) -> JSONFailure {
    failure(.unexpected(found: found, expected: expected))
  }

  /// What stands at the current position, for messages.
  private var found: String {
    guard position < bytes.count else { return "the end of the text" }
    let text = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
    guard let scalar = text.unicodeScalars.first, scalar.value >= 0x20, scalar != "\u{FFFD}" else {
      return "byte 0x\(String(bytes[position], radix: 16))"
    }
    return "'\(scalar)'"
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
}
