import Formats
import Foundation

/// MBPP (Austin et al., 2021): `text` describes a function, `code` is one, `test_list` checks it.
///
/// The sanitized edition says `prompt`, and has the imports that its tests need in `test_imports`.
enum MBPPImporter: Importer {
  static let name = "mbpp"
  static let summary = "text, code and test_list"
  static let kind = DatasetKind.code
  static let columns = ["text", "code", "test_list", "test_setup_code", "test_imports"]

  /// The prompt shows the tests, as in the paper (section 3.1): they alone tell the function's name.
  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    let description = try record.requiredText("text", "prompt")
    let code = withoutCarriageReturns(try record.requiredText("code"))
    guard let list = record.value("test_list")?.arrayValue else { throw record.missing(["test_list"]) }
    let tests = list.compactMap(\.stringValue).map(withoutCarriageReturns)
    guard !tests.isEmpty, tests.count == list.count else {
      throw RecordProblem("the field \"test_list\" is no list of texts")
    }
    let setup = withoutCarriageReturns(try record.text("test_setup_code") ?? "")
    let listed = record.value("test_imports")
    let imports = (listed?.arrayValue ?? [listed].compactMap { $0 }).compactMap(\.stringValue)
    let preparation = imports.map(withoutCarriageReturns) + [setup]
    var row = DatasetRow([
      "prompt": "\(description)\nYour code should satisfy these tests:\n\n\(tests.joined(separator: "\n"))\n",
      "response": code,
      "tests": (preparation.filter { !$0.isEmpty } + tests).joined(separator: "\n"),
    ])
    row["entry_point"] = entryPoint(code: code, tests: tests)
    return row
  }

  /// The function that the code defines and the first test that names one calls.
  private static func entryPoint(code: String, tests: [String]) -> String? {
    let defined = code.split(separator: "\n").compactMap { line -> Substring? in
      guard line.hasPrefix("def ") else { return nil }
      return line.dropFirst(4).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    }
    let called = tests.lazy.compactMap { test in defined.first { test.contains($0 + "(") } }.first
    return (called ?? defined.last).map(String.init)
  }

  private static func withoutCarriageReturns(_ text: String) -> String {
    text.replacingOccurrences(of: "\r\n", with: "\n")
  }
}
