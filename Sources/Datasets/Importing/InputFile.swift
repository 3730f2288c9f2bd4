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

/// A file to import: JSON lines, an array of JSON, an object around one, or plain text.
struct InputFile {
  private enum Layout {
    case lines
    case array
    /// One object, whose records are in the list that begins at this byte.
    case list(Int)
    case text(DocumentUnit)
  }

  private let file: MappedFile
  private let layout: Layout

  /// Opens `path` and finds out how its records are written.
  ///
  /// - Parameter documents: how plain text is cut into documents; nil where the format needs JSON.
  init(path: String, format: String, documents: DocumentUnit?) throws {
    file = try MappedFile(path: path)
    guard !file.bytes.starts(with: [0x1F, 0x8B]) else { throw DatasetError.compressed(path: path) }
    let first = file.bytes.first { !$0.isJSONWhitespace && !Self.byteOrderMark.contains($0) }
    switch (URL(fileURLWithPath: path).pathExtension.lowercased(), first) {
    case ("jsonl", _), ("ndjson", _): layout = .lines
    case ("json", UInt8(ascii: "[")): layout = .array
    case ("json", _): layout = Self.objects(in: file.bytes)
    default:
      if let documents {
        layout = .text(documents)
      } else if first == UInt8(ascii: "[") {
        layout = .array
      } else if first == UInt8(ascii: "{") {
        layout = Self.objects(in: file.bytes)
      } else if first == nil {
        throw DatasetError.noRecords(path: path)
      } else {
        throw DatasetError.notRecords(path: path, format: format)
      }
    }
  }

  /// Whether objects are records, a line each, or one object holds all of them in a list.
  private static func objects(in bytes: UnsafeRawBufferPointer) -> Layout {
    ContainedList.bracket(in: bytes).map { .list($0) } ?? .lines
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
    case .list(let bracket): try forEachElement(ofListAt: bracket, body)
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
          "not JSON: \(diagnostic?.problem ?? "\(error)")", line: diagnostic?.location?.line,
          column: diagnostic?.location?.column))
    }
  }

  // MARK: - Arrays

  /// Finds the elements of an array one at a time, so that a large file needs no memory for its tree.
  ///
  /// - Parameter bracket: where the array begins; nil where it is all of the file.
  private func forEachElement(
    ofListAt bracket: Int? = nil, _ body: (InputRecord) throws -> Void
  ) throws {
    var elements = ArrayElements(bytes: file.bytes, bracket: bracket)
    while let element = elements.next() {
      try body(
        InputRecord(line: element.line) { [file] in
          let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[element.range])
          guard let value = try? JSON.parse(bytes, source: file.path) else { throw UnsoundArray(file: file) }
          return Self.object { value }
        })
    }
    let isSound = bracket.map { isObject(before: $0, after: elements.closing) } ?? elements.isAtEnd
    // Parsing all of it tells where the fault lies.
    if !isSound { _ = try JSON.parse(file.bytes, source: file.path) }
  }

  /// Whether what stands around a list, its brackets included, is JSON.
  private func isObject(before bracket: Int, after closing: Int?) -> Bool {
    guard let closing else { return false }
    do {
      _ = try JSON.parse(Array(file.bytes[...bracket]) + Array(file.bytes[closing...]), source: file.path)
      return true
    } catch {
      return false
    }
  }

  // MARK: - Text

  /// A part of a file with lines that end as ours do, and without half of the break that ended its last one.
  private static func withPlainBreaks(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\r")) else { return text }
    let plain = text.replacing("\r\n", with: "\n")
    return plain.last == "\r" ? String(plain.dropLast()) : plain
  }

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
      let text = unit == .file ? String(document) : Self.withPlainBreaks(String(document))
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
