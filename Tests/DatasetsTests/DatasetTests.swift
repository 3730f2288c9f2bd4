import Formats
import Foundation
import Testing

@testable import Datasets

@Suite struct DatasetTests {
  private func questions(_ count: Int) -> String {
    (0..<count).map { #"{"prompt":"p\#($0)","response":"r\#($0)"}"# + "\n" }.joined()
  }

  @Test func rowsComeBackFromAnyPlace() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", questions(5000))
    let output = "\(folder.path)/x.h5"
    var options = ImportOptions(format: "prompt-response")
    options.license = "MIT"
    let report = try DatasetImport.run(inputs: [input, input], output: output, options: options)
    #expect(report.rowCounts.map(\.rows) == [10_000])
    let dataset = try Dataset(path: output)
    #expect(dataset.kind == .task && dataset.source == "in.jsonl in.jsonl" && dataset.license == "MIT")
    #expect(try dataset.rowCount(split: "train") == 10_000)
    #expect(try dataset.rows(4998..<5001, split: "train").map { $0["response"] } == ["r4998", "r4999", "r0"])
    var count = 0
    try dataset.forEachRow(split: "train") { index, row in
      #expect(row["prompt"] == "p\(index % 5000)")
      count += 1
    }
    #expect(count == 10_000)
  }

  @Test func aColumnThatTurnsUpLateIsEmptyBefore() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", questions(3000) + #"{"prompt":"p","response":"r","level":[5]}"#)
    let output = "\(folder.path)/x.h5"
    _ = try DatasetImport.run(inputs: [input], output: output, options: .init(format: "prompt-response"))
    let dataset = try Dataset(path: output)
    #expect(try dataset.columnNames(split: "train") == ["prompt", "response", "level"])
    #expect(try dataset.rows(2999..<3001, split: "train").map { $0["level"] } == [nil, "[5]"])
  }

  @Test func validationRowsAreChosenByWhatTheySay() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", questions(2000))
    func validation(_ inputs: [String], seed: UInt64) throws -> Set<String> {
      var options = ImportOptions(format: "prompt-response")
      options.validationFraction = 0.1
      options.seed = seed
      _ = try DatasetImport.run(inputs: inputs, output: "\(folder.path)/x.h5", options: options)
      let dataset = try Dataset(path: "\(folder.path)/x.h5")
      #expect(dataset.splits == ["train", "validation"])
      let rows = try dataset.splits.map { try Set(dataset.rows(split: $0).compactMap { $0["prompt"] }) }
      #expect(rows[0].isDisjoint(with: rows[1]))
      #expect(rows[0].count + rows[1].count == 2000)
      return rows[1]
    }
    let first = try validation([input], seed: 1)
    #expect((150...250).contains(first.count))
    // Rows that are there twice stay on one side.
    #expect(try validation([input, input], seed: 1) == first)
    #expect(try validation([input], seed: 2) != first)
  }

  @Test func fieldsThatAFormatDoesNotReadMoveNoRow() throws {
    let folder = try TemporaryFolder()
    func validation(_ more: (Int) -> String) throws -> [String?] {
      let lines = (0..<1000).map { #"{"prompt":"p\#($0)","response":"r"\#(more($0))}"# + "\n" }
      var options = ImportOptions(format: "prompt-response")
      options.validationFraction = 0.1
      let output = "\(folder.path)/x.h5"
      let input = try folder.file("in.jsonl", lines.joined())
      _ = try DatasetImport.run(inputs: [input], output: output, options: options)
      return try Dataset(path: output).rows(split: "validation").map { $0["prompt"] }
    }
    let plain = try validation { _ in "" }
    #expect(!plain.isEmpty)
    #expect(try validation { #","id":\#($0)"# } == plain)
    #expect(try validation { #","id":\#(7 * $0),"source":"b""# } == plain)
  }

  @Test func splitsAreAddedToADatasetThatIsThere() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", questions(10))
    let output = "\(folder.path)/x.h5"
    var options = ImportOptions(format: "prompt-response")
    _ = try DatasetImport.run(inputs: [input], output: output, options: options)
    options.extendsExisting = true
    options.split = "test"
    _ = try DatasetImport.run(inputs: [input], output: output, options: options)
    #expect(try Dataset(path: output).splits == ["train", "test"])
    let again = message { _ = try DatasetImport.run(inputs: [input], output: output, options: options) }
    #expect(again.contains(#"there is a split "test" already"#))
    let documents = try folder.file("a.txt", "a document")
    options.format = "text"
    let other = message { _ = try DatasetImport.run(inputs: [documents], output: output, options: options) }
    #expect(other.contains("holds task rows, and these are text rows"))
    #expect(try Dataset(path: output).splits == ["train", "test"])
  }

  @Test func onlyADatasetIsReplaced() throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("in.jsonl", questions(3))
    let precious = try folder.file("precious.h5", "not HDF5")
    func run(_ output: String) throws -> ImportReport {
      try DatasetImport.run(inputs: [input], output: output, options: .init(format: "prompt-response"))
    }
    #expect(message { _ = try run(precious) }.contains("not an HDF5 file"))
    #expect(try String(contentsOfFile: precious, encoding: .utf8) == "not HDF5")
    #expect(try !run("\(folder.path)/new/x.h5").hasReplaced)
    #expect(try !run("\(folder.path)/x.h5").hasReplaced)
    #expect(try run("\(folder.path)/x.h5").hasReplaced)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
        "in.jsonl", "new", "precious.h5", "x.h5",
      ])
  }

  @Test func aFailureKeepsTheOldFile() throws {
    let folder = try TemporaryFolder()
    let output = "\(folder.path)/x.h5"
    let good = try folder.file("good.jsonl", questions(3))
    _ = try DatasetImport.run(inputs: [good], output: output, options: .init(format: "prompt-response"))
    let bad = try folder.file("bad.jsonl", questions(3000) + "{\n" + String(repeating: "{}\n", count: 30))
    var options = ImportOptions(format: "prompt-response")
    let text = message { _ = try DatasetImport.run(inputs: [bad], output: output, options: options) }
    let lines = text.split(separator: "\n")
    #expect(lines.count == DatasetImport.describedProblems + 2)
    #expect(lines[0].contains("bad.jsonl:3001:2: not JSON: expected a key in quotes"))
    #expect(lines[10].hasSuffix("and 21 more bad records"))
    #expect(try Dataset(path: output).rowCount(split: "train") == 3)
    options.skipsBadRecords = true
    let report = try DatasetImport.run(inputs: [bad], output: output, options: options)
    #expect(report.skippedCount == 31 && report.skipped.count == 10)
    #expect(report.rowCounts.map(\.rows) == [3000])
  }

  @Test func whereNoRecordIsLeftNothingIsWritten() throws {
    let folder = try TemporaryFolder()
    let bad = try folder.file("bad.jsonl", "not json\n{}\n")
    var options = ImportOptions(format: "prompt-response")
    options.skipsBadRecords = true
    let text = message {
      _ = try DatasetImport.run(inputs: [bad], output: "\(folder.path)/x.h5", options: options)
    }
    #expect(text.contains("bad.jsonl:1:1: not JSON") && text.contains("no record could be read (2 left out)"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["bad.jsonl"])
  }

  @Test func foreignFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/x.h5"
    try HDF5File.create(at: path) { _ in }
    #expect(
      message { _ = try Dataset(path: path) }.contains("not a Trimtab dataset: its root has no attribute"))
    try HDF5File.create(at: path) { file in
      try file.root.setAttribute("format", to: .string("trimtab.dataset"))
      try file.root.setAttribute("version", to: .integer(9))
    }
    #expect(message { _ = try Dataset(path: path) }.contains("a dataset of version 9"))
    try HDF5File.create(at: path) { file in
      try file.root.setAttribute("format", to: .string("trimtab.dataset"))
      try file.root.setAttribute("version", to: .integer(1))
      try file.root.setAttribute("kind", to: .string("pictures"))
    }
    #expect(message { _ = try Dataset(path: path) }.contains(#"there is no kind "pictures""#))
  }

  @Test func damagedTokensAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/x.h5"
    let tokenization = Tokenization(tokenizer: "t", template: "plain", trainOn: "responses", stopTokens: [2])
    try DatasetWriter.create(at: path, .init(kind: .text, source: ""), tokenization: tokenization) { writer in
      try writer.append(
        DatasetRow(["document": "d"]), split: "train", tokens: TokenizedExample(ids: [5, 2], mask: [0, 1]))
    }
    #expect(try Dataset(path: path).tokens(split: "train")[0].ids == [5, 2])
    #expect(try Dataset(path: path).tokenization(split: "train") == tokenization)
    try HDF5File.update(path) { try $0.root.dataset("train/tokens/offsets").append([Int64(1)]) }
    #expect(
      message { _ = try Dataset(path: path).tokens(split: "train") }.contains("don't fit their offsets"))
    #expect(
      message { _ = try Dataset(path: path).tokens(split: "test") }.contains(#"there is no split "test""#))
  }
}
