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

/// Finds the list that a file's one object keeps its records in: `Data`, as in TriviaQA's files, or `data`.
enum ContainedList {
  /// Where the list's opening bracket stands; nil where the file is anything else, JSON lines for one.
  ///
  /// Nothing is parsed: of JSON lines only the first is looked at.
  static func bracket(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.firstIndex(of: UInt8(ascii: "{")) else { return nil }
    var position = start
    var depth = 0
    var stringStart: Int?
    // The last string on the object's own level, and whether it is the key of what comes now.
    var string = start..<start
    var isKey = false
    var bracket: Int?
    while position < bytes.count {
      let byte = bytes[position]
      if let first = stringStart {
        if byte == UInt8(ascii: "\\") { position += 1 }
        if byte == UInt8(ascii: "\"") {
          if depth == 1 { string = first..<position }
          stringStart = nil
        }
      } else {
        switch byte {
        case UInt8(ascii: "\""): stringStart = position + 1
        case UInt8(ascii: ":") where depth == 1: isKey = true
        case UInt8(ascii: ",") where depth == 1: isKey = false
        case UInt8(ascii: "["), UInt8(ascii: "{"):
          let isList = byte == UInt8(ascii: "[") && depth == 1 && isKey
          if isList, bracket == nil, names(bytes[string]), holdsObjects(bytes[(position + 1)...]) {
            bracket = position
          }
          depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
          depth -= 1
          // More objects after the first are JSON lines.
          if depth == 0 { return bytes[(position + 1)...].allSatisfy(\.isJSONWhitespace) ? bracket : nil }
        default: break
        }
      }
      position += 1
    }
    return nil
  }

  private static func names(_ key: Slice<UnsafeRawBufferPointer>) -> Bool {
    key.elementsEqual("Data".utf8) || key.elementsEqual("data".utf8)
  }

  private static func holdsObjects(_ elements: Slice<UnsafeRawBufferPointer>) -> Bool {
    elements.first { !$0.isJSONWhitespace } == UInt8(ascii: "{")
  }
}

/// Finds where the elements of an array begin and end, without parsing them.
struct ArrayElements: IteratorProtocol {
  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private var line = 1
  private var isFirst = true
  /// Where the bracket that closes the array stands, once it was found.
  private(set) var closing: Int?
  /// Whether the bracket that closes the array, and nothing else, came after the last element.
  private(set) var isAtEnd = false

  /// - Parameter bracket: where the array begins; nil for the file's first bracket.
  init(bytes: UnsafeRawBufferPointer, bracket: Int? = nil) {
    self.bytes = bytes
    let bracket = bracket ?? bytes.firstIndex(of: UInt8(ascii: "[")) ?? bytes.count
    for byte in bytes[..<bracket] where byte == UInt8(ascii: "\n") { line += 1 }
    position = bracket + 1
  }

  /// The bytes of the next element, which may be empty or unsound, and the line that it begins on.
  mutating func next() -> (range: Range<Int>, line: Int)? {
    guard closing == nil else { return nil }
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
    closing = position
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
