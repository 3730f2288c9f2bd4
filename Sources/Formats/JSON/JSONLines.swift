import Foundation

/// A file of JSON lines: one document a line, blank lines skipped.
///
///     for line in try JSONLines(path: "train.jsonl") {
///       let row = try line.json()   // an error names the file, the line and the column
///     }
public struct JSONLines: Sequence, Sendable {
  private let file: MappedFile

  /// Opens `path`; nothing is parsed yet.
  public init(path: String) throws { file = try MappedFile(path: path) }

  public func makeIterator() -> Iterator { Iterator(file: file) }

  /// One line that isn't blank.
  public struct Line: Sendable {
    /// The line's number in the file, from 1.
    public let number: Int
    private let file: MappedFile
    private let range: Range<Int>

    fileprivate init(number: Int, file: MappedFile, range: Range<Int>) {
      self.number = number
      self.file = file
      self.range = range
    }

    /// Parses the line.
    ///
    /// - Throws: `FormatsError.json` with the file's path, the line's number and the column.
    public func json() throws -> JSON {
      try file.withBytes { bytes in
        try JSON.parse(
          UnsafeRawBufferPointer(rebasing: bytes[range]), source: file.path, firstLine: number)
      }
    }
  }

  /// Finds the lines one after another.
  public struct Iterator: IteratorProtocol {
    private let file: MappedFile
    private var position = 0
    private var lineNumber = 0

    fileprivate init(file: MappedFile) { self.file = file }

    public mutating func next() -> Line? {
      while position < file.bytes.count {
        let range = position..<(newline(from: position) ?? file.bytes.count)
        position = range.upperBound + 1
        lineNumber += 1
        let isBlank = file.bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if !isBlank { return Line(number: lineNumber, file: file, range: range) }
      }
      return nil
    }

    private func newline(from start: Int) -> Int? {
      guard let base = file.bytes.baseAddress,
        let found = memchr(base + start, Int32(UInt8(ascii: "\n")), file.bytes.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}
