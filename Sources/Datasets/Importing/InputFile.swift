import Diagnostics
import Formats
import Foundation

/// Where one document ends and the next begins in a text file.
public enum DocumentUnit: String, Sendable, CaseIterable {
  /// A file is one document.
  case file
  /// A line is one.
  case line
  /// What stands between blank lines is one.
  case paragraph
}

/// One record of an input file, found but not yet parsed.
struct InputRecord {
  /// The line that it begins on, from 1.
  let line: Int
  /// Parses it: its object, or what is wrong with it.
  ///
  /// Throws what no record can be blamed for.
  let object: () throws -> Result<JSONObject, RecordProblem>
}

/// A file to import: JSON lines, an array of JSON, or plain text.
struct InputFile {
  private enum Layout {
    case lines
    case array
    case text(DocumentUnit)
  }

  private let file: MappedFile
  private let layout: Layout

  /// Opens `path` and finds out how its records are written.
  ///
  /// - Parameter documents: how plain text is cut into documents; nil where the format needs JSON.
  init(path: String, format: String, documents: DocumentUnit?) throws {
    file = try MappedFile(path: path)
    let first = file.bytes.first { !$0.isJSONWhitespace && !Self.byteOrderMark.contains($0) }
    switch (URL(fileURLWithPath: path).pathExtension.lowercased(), first) {
    case ("jsonl", _), ("ndjson", _): layout = .lines
    case ("json", UInt8(ascii: "[")): layout = .array
    case ("json", _): layout = .lines
    default:
      if let documents {
        layout = .text(documents)
      } else if first == UInt8(ascii: "[") {
        layout = .array
      } else if first == UInt8(ascii: "{") {
        layout = .lines
      } else if first == nil {
        throw DatasetError.noRecords(path: path)
      } else {
        throw DatasetError.notRecords(path: path, format: format)
      }
    }
  }

  /// Hands every record to `body`, which may parse it later and on any thread.
  ///
  /// - Throws: what `body` throws, and errors that no record can be blamed for.
  func forEachRecord(_ body: (InputRecord) throws -> Void) throws {
    switch layout {
    case .lines:
      for line in try JSONLines(path: file.path) {
        try body(InputRecord(line: line.number) { Self.object { try line.json() } })
      }
    case .array: try forEachElement(body)
    case .text(let unit): try forEachDocument(unit, body)
    }
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func object(_ parse: () throws -> JSON) -> Result<JSONObject, RecordProblem> {
    do {
      let value = try parse()
      guard let object = value.objectValue else {
        return .failure(RecordProblem("a record is an object, and this is \(value.kindName)"))
      }
      return .success(object)
    } catch {
      let diagnostic = (error as? any DiagnosticError)?.diagnostics.first
      return .failure(
        RecordProblem(
          diagnostic?.problem ?? "\(error)", line: diagnostic?.location?.line,
          column: diagnostic?.location?.column))
    }
  }

  // MARK: - Arrays

  /// Finds the elements of an array one at a time, so that a large file needs no memory for its tree.
  private func forEachElement(_ body: (InputRecord) throws -> Void) throws {
    var elements = ArrayElements(bytes: file.bytes)
    while let element = elements.next() {
      try body(
        InputRecord(line: element.line) { [file] in
          let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[element.range])
          guard let value = try? JSON.parse(bytes, source: file.path) else { throw UnsoundArray(file: file) }
          return Self.object { value }
        })
    }
    if !elements.isAtEnd { _ = try JSON.parse(file.bytes, source: file.path) }
  }

  // MARK: - Text

  private func forEachDocument(
    _ unit: DocumentUnit, _ body: (InputRecord) throws -> Void
  ) throws {
    guard let text = String(validating: file.bytes, as: UTF8.self) else {
      let repaired = String(decoding: file.bytes, as: UTF8.self)
      let good = zip(repaired.utf8, file.bytes).prefix { $0 == $1 }.count
      throw DatasetError.notText(path: file.path, byteOffset: good)
    }
    func hand(_ document: Substring.UnicodeScalarView, line: Int) throws {
      guard document.contains(where: { !$0.properties.isWhitespace }) else { return }
      let text = String(document)
      try body(InputRecord(line: line) { .success(["text": .string(text)]) })
    }
    // Scalars rather than characters: "\r\n" is one character, and a byte order mark none.
    let scalars = text.unicodeScalars.drop { $0 == "\u{FEFF}" }
    guard unit != .file else { return try hand(scalars, line: 1) }
    var document = scalars[..<scalars.startIndex]
    var firstLine = 1
    for (index, line) in scalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let isBlank = line.allSatisfy(\.properties.isWhitespace)
      if unit == .line || isBlank {
        try hand(document, line: firstLine)
        document = line
        firstLine = index + 1
      } else {
        if document.allSatisfy(\.properties.isWhitespace) {
          document = line
          firstLine = index + 1
        }
        document = scalars[document.startIndex..<line.endIndex]
      }
    }
    try hand(document, line: firstLine)
  }
}

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
