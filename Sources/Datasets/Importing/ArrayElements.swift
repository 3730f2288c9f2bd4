import Diagnostics
import Formats

/// An element that can't be read breaks the whole array: parsing all of it tells exactly where.
struct UnsoundArray: DiagnosticError {
  let file: MappedFile

  var diagnostics: [Diagnostic] {
    do {
      _ = try JSON.parse(file.bytes, source: file.path)
    } catch let error as any DiagnosticError {
      return error.diagnostics
    } catch {
      return [Diagnostic("\(error)", at: .init(file.path))]
    }
    return [Diagnostic("the array can't be read", at: .init(file.path))]
  }
}

/// Finds where the elements of a top-level array begin and end, without parsing them.
struct ArrayElements: IteratorProtocol {
  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private var line = 1
  private var isFirst = true
  private var isClosed = false
  /// Whether the bracket that closes the array, and nothing else, came after the last element.
  private(set) var isAtEnd = false

  init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    let bracket = bytes.firstIndex(of: UInt8(ascii: "[")) ?? bytes.count
    for byte in bytes[..<bracket] where byte == UInt8(ascii: "\n") { line += 1 }
    position = bracket + 1
  }

  /// The bytes of the next element, which may be empty or unsound, and the line that it begins on.
  mutating func next() -> (range: Range<Int>, line: Int)? {
    guard !isClosed else { return nil }
    skipWhitespace()
    if isFirst, position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      close()
      return nil
    }
    isFirst = false
    let (start, firstLine) = (position, line)
    var depth = 0
    var isInString = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\n") { line += 1 }
      if isInString {
        if byte == UInt8(ascii: "\\") { position += 1 }
        isInString = byte != UInt8(ascii: "\"")
      } else {
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "]") where depth == 0:
          let end = position
          close()
          return (start..<end, firstLine)
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: ",") where depth == 0:
          position += 1
          return (start..<position - 1, firstLine)
        default: break
        }
      }
      position += 1
    }
    return nil
  }

  private mutating func close() {
    isClosed = true
    isAtEnd = bytes[(position + 1)...].allSatisfy(\.isJSONWhitespace)
  }

  private mutating func skipWhitespace() {
    while position < bytes.count, bytes[position].isJSONWhitespace {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
  }
}

extension UInt8 {
  /// Whether JSON allows this byte between values.
  var isJSONWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
