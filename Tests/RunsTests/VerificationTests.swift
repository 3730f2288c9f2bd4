import Datasets
import Evaluation
import Foundation
import Testing

@testable import Runs

@Suite("Programs that pass their own tests")
struct VerificationTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/verification-\(UUID().uuidString)"

  /// Two programs to learn from, one of them wrong, and a task to be asked.
  private func dataset(kind: DatasetKind = .code) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/programs.h5"
    try DatasetWriter.create(at: path, DatasetDescription(kind: kind, source: "test", license: "MIT")) {
      for (split, response) in [
        ("train", "def one(): return 1"), ("train", "def one(): return 2"), ("test", ""),
      ] {
        let row = DatasetRow(["prompt": "One.", "response": response, "tests": "assert one() == 1"])
        try $0.append(row, split: split)
      }
    }
    return path
  }

  private var options: TaskOptions {
    var options = TaskOptions()
    options.isolation = .none
    return options
  }

  @Test("what fails goes, what is to be asked stays")
  func verifies() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try dataset()
    let output = folder + "/verified.h5"
    let verification = try DatasetVerification(dataset: path, task: "mbpp", options: options)
    #expect(try verification.run(to: output, shouldStop: { true }) == nil)
    #expect(!FileManager.default.fileExists(atPath: output))
    let counts = try #require(try verification.run(to: output))
    #expect(counts.map(\.split) == ["train", "test"])
    #expect(counts.map(\.programs) == [2, 0] && counts.map(\.passed) == [1, 0])
    let verified = try Dataset(path: output)
    #expect(verified.license == "MIT" && verified.source == "test, verified by mbpp")
    #expect(try verified.rows(split: "train").map { $0["response"] } == ["def one(): return 1"])
    #expect(try verified.rowCount(split: "test") == 1)
  }

  @Test(
    "tasks without tests, and rows of another kind, are refused", arguments: ["gsm8k", "mbpp", "question"])
  func refusals(task: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try dataset(kind: .task)
    #expect(throws: EvaluationError.self) {
      try DatasetVerification(dataset: path, task: task, options: options).run(to: folder + "/verified.h5")
    }
  }
}
