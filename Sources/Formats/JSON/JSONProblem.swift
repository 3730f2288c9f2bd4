/// What can be wrong in the text of a JSON document.
public enum JSONProblem: Sendable, Hashable {
  case unexpected(found: String, expected: String)
  case unterminatedString
  case controlCharacterInString(code: UInt8)
  case invalidEscape(String)
  case invalidUTF8
  case numberOutOfRange(String)
  case nestedTooDeeply(limit: Int)
  case duplicateKey(String)

  /// The problem as one sentence.
  var text: String {
    switch self {
    case .unexpected(let found, let expected): "expected \(expected), found \(found)"
    case .unterminatedString: "the string that starts here has no closing quote"
    case .controlCharacterInString(let code):
      "control character U+00\(code < 16 ? "0" : "")\(String(code, radix: 16, uppercase: true)) in a string"
        + " must be escaped"
    case .invalidEscape(let escape): "\(escape) is no escape sequence"
    case .invalidUTF8: "the text is not valid UTF-8"
    case .numberOutOfRange(let number): "the number \(number) is out of range"
    case .nestedTooDeeply(let limit): "nested deeper than \(limit) levels"
    case .duplicateKey(let key): "the key \"\(key)\" appears twice"
    }
  }
}

/// A problem and the byte at which it was met.
struct JSONFailure: Error {
  let problem: JSONProblem
  let offset: Int

  /// The error for a person: byte offsets become line and column, both from 1.
  func located(in bytes: UnsafeBufferPointer<UInt8>, source: String, firstLine: Int) -> FormatsError {
    var line = firstLine
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {  // a scalar's first byte
        column += 1
      }
    }
    return .json(source: source, line: line, column: column, problem)
  }
}
