import Formats
import Foundation

/// A stage's result as JSON lines that people can read: a header that says what it follows from, then the rows.
///
/// The file appears under its name when it is whole. Until then finished stretches of it lie beside it, each with a
/// checksum, so that a process that is killed loses no more than the stretch that it was at.
public struct StageFile: Sendable {
  public let path: String
  /// What the rows are a pure function of: seeds, fingerprints of models, options.
  public let header: JSON

  public init(path: String, header: JSON) {
    self.path = path
    self.header = header
  }

  private var unfinishedPath: String { path + ".unfinished" }

  /// The rows; nil while the file isn't whole.
  ///
  /// - Throws: `SelfRewardLoopError.otherRun` when the file follows from something else.
  public func rows() throws -> [JSON]? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var lines = try JSONLines(path: path).map { try $0.json() }
    guard let first = lines.first, first == header else { throw SelfRewardLoopError.otherRun(path: path) }
    lines.removeFirst()
    return lines
  }

  /// The rows, made stretch by stretch unless they are there already.
  ///
  /// - Parameters:
  ///   - stretches: How many there are.
  ///   - twins: Files of other arms; one that follows from the same holds the same and is copied.
  ///   - isStopped: Asked before each stretch; what is finished stays for the next time.
  ///   - make: Makes the rows of a stretch, a pure function of its number.
  /// - Throws: `SelfRewardLoopError.interrupted`; what `make` and writing throw.
  public func rows(
    stretches: Int, twins: [String] = [], isStopped: () -> Bool, make: (Int) throws -> [JSON]
  ) throws -> [JSON] {
    if let rows = try rows() { return rows }
    for twin in twins {
      guard let rows = try? StageFile(path: twin, header: header).rows() else { continue }
      try write(rows)
      return rows
    }
    var finished = finishedStretches().prefix(stretches).map { $0 }
    // A torn end is cut off before anything is added behind it.
    try AtomicFile.write(
      ([header.text()] + finished.map(\.line)).joined(separator: "\n") + "\n", to: unfinishedPath)
    let file = try AppendedLines(path: unfinishedPath)
    for number in finished.count..<max(stretches, finished.count) {
      if isStopped() { throw SelfRewardLoopError.interrupted }
      let stretch = Stretch(rows: try make(number))
      try file.append(stretch.line)
      finished.append(stretch)
    }
    let rows = finished.flatMap(\.rows)
    try write(rows)
    try? FileManager.default.removeItem(atPath: unfinishedPath)
    return rows
  }

  private func write(_ rows: [JSON]) throws {
    try AtomicFile.write(to: path) { writer in
      try writer.write(header.text() + "\n")
      for row in rows { try writer.write(row.text() + "\n") }
    }
  }

  /// The whole stretches of an unfinished file that follows from the same.
  private func finishedStretches() -> [Stretch] {
    guard let data = FileManager.default.contents(atPath: unfinishedPath) else { return [] }
    let lines = data.split { $0 == UInt8(ascii: "\n") }.map { Data($0) }
    guard let first = lines.first, (try? JSON.parse(first, source: unfinishedPath)) == header else {
      return []
    }
    var stretches: [Stretch] = []
    for line in lines.dropFirst() {
      guard let json = try? JSON.parse(line, source: unfinishedPath), let stretch = Stretch(json) else {
        break
      }
      stretches.append(stretch)
    }
    return stretches
  }

  /// Some rows and their checksum, on one line.
  private struct Stretch {
    let rows: [JSON]

    init(rows: [JSON]) { self.rows = rows }

    init?(_ json: JSON) {
      guard let rows = json["rows"]?.arrayValue, json["sha256"]?.stringValue == Self.checksum(rows) else {
        return nil
      }
      self.rows = rows
    }

    var line: String {
      let json: JSON = ["sha256": .string(Self.checksum(rows)), "rows": .array(rows)]
      return json.text()
    }

    private static func checksum(_ rows: [JSON]) -> String {
      "\(Fingerprint(of: JSON.array(rows).text()))"
    }
  }
}

/// A file that lines are added to, each on the disk before the next one is made.
private struct AppendedLines {
  private let path: String
  private let file: FileHandle

  init(path: String) throws {
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw SelfRewardLoopError.unwritable(path: path, reason: "it can't be opened")
    }
    self.path = path
    self.file = file
    try guarded { _ = try file.seekToEnd() }
  }

  func append(_ line: String) throws {
    try guarded {
      try file.write(contentsOf: Data((line + "\n").utf8))
      try file.synchronize()
    }
  }

  private func guarded(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      throw SelfRewardLoopError.unwritable(path: path, reason: error.localizedDescription)
    }
  }
}
