import Formats
import Foundation
import Testing

@testable import SelfReward

@Suite("Stages that are made once and go on where they were killed")
struct StageFileTests {
  private let folder = NSTemporaryDirectory() + "trimtab-stage-\(UUID().uuidString)"
  private let header: JSON = ["stage": "numbers", "seed": 3]

  private func file(_ name: String = "numbers.jsonl", header: JSON? = nil) throws -> StageFile {
    try Folder.create(folder)
    return StageFile(path: "\(folder)/\(name)", header: header ?? self.header)
  }

  private static func rows(_ stretch: Int) -> [JSON] {
    (0..<3).map { ["number": .integer(3 * stretch + $0)] }
  }

  private struct Killed: Error {}

  /// Makes a file, killed before a stretch, and tells which stretches the next attempt made.
  private func makeKilled(before stretch: Int, damage: (String) throws -> Void = { _ in }) throws -> [Int] {
    let file = try file()
    #expect(throws: Killed.self) {
      try file.rows(stretches: 4, isStopped: { false }) {
        if $0 == stretch { throw Killed() }
        return Self.rows($0)
      }
    }
    #expect(try file.rows() == nil)
    try damage(file.path + ".unfinished")
    var made: [Int] = []
    let rows = try file.rows(stretches: 4, isStopped: { false }) {
      made.append($0)
      return Self.rows($0)
    }
    #expect(rows == (0..<4).flatMap(Self.rows))
    return made
  }

  @Test("killed before any stretch, the rest is made and the same bytes come out", arguments: 0..<4)
  func resume(stretch: Int) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try file("whole.jsonl")
    _ = try whole.rows(stretches: 4, isStopped: { false }) { Self.rows($0) }
    #expect(try makeKilled(before: stretch) == Array(stretch..<4))
    #expect(
      FileManager.default.contents(atPath: whole.path)
        == FileManager.default.contents(atPath: try file().path))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
        "numbers.jsonl", "whole.jsonl",
      ])
  }

  @Test("a torn last line and a changed one are made again")
  func damage() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try makeKilled(before: 3) { path in
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try String(text.dropLast(9)).write(toFile: path, atomically: false, encoding: .utf8)
    }
    #expect(made == [2, 3])
    try FileManager.default.removeItem(atPath: folder)
    let again = try makeKilled(before: 3) { path in
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("{\"number\":4}", with: "{\"number\":5}").write(
        toFile: path, atomically: false, encoding: .utf8)
    }
    #expect(again == [1, 2, 3])
  }

  @Test("a stop between stretches keeps what is finished; another run's file is refused, a twin's copied")
  func others() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = try file()
    var asked = 0
    #expect(throws: SelfRewardLoopError.interrupted) {
      try file.rows(
        stretches: 4,
        isStopped: {
          asked += 1
          return asked > 2
        }
      ) { Self.rows($0) }
    }
    var made: [Int] = []
    _ = try file.rows(stretches: 4, isStopped: { false }) {
      made.append($0)
      return Self.rows($0)
    }
    #expect(made == [2, 3])
    #expect(throws: SelfRewardLoopError.otherRun(path: file.path)) {
      try StageFile(path: file.path, header: ["seed": 4]).rows()
    }
    let copy = try StageFile(path: folder + "/copy.jsonl", header: header).rows(
      stretches: 4, twins: [file.path], isStopped: { false }
    ) { _ in
      Issue.record("made again")
      return []
    }
    #expect(copy == (0..<4).flatMap(Self.rows))
  }
}
