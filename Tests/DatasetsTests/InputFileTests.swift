import Formats
import Testing

@testable import Datasets

@Suite struct InputFileTests {
  /// The lines that records begin on, and their `text`; nil for one that can't be read.
  private func records(
    _ name: String, _ content: String, documents: DocumentUnit? = .file
  ) throws -> [String] {
    let folder = try TemporaryFolder()
    let path = try folder.file(name, content)
    var found: [String] = []
    try InputFile(path: path, format: "text", documents: documents).forEachRecord { record in
      switch try record.object() {
      case .success(let object): found.append("\(record.line) \(object["text"]?.stringValue ?? "?")")
      case .failure(let problem): found.append("\(problem.line ?? record.line) !")
      }
    }
    return found
  }

  @Test(arguments: [
    ("a.jsonl", "{\"text\":\"a\"}\r\n\r\n  \n{\"text\":\"b\"}", ["1 a", "4 b"]),
    ("a.jsonl", "\u{FEFF}{\"text\":\"a\"}\n{\"text\":\n{\"text\":\"c\"}\n", ["1 a", "2 !", "3 c"]),
    (
      "a.json", "[\n {\"text\": \"a,]}\\\"\\\\\"},\n\n {\"text\": \"b\",\n  \"n\": [[1], {}]}\n]\n",
      ["2 a,]}\"\\", "4 b"]
    ),
    ("a.json", "[]", []), ("a.json", " [ \n ] ", []),
    ("a.json", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n", ["1 a", "2 b"]),
    ("a.json", "[1, {\"text\":\"a\"}]", ["1 !", "1 a"]),
    (
      "a.json",
      "{\n \"Data\": [\n  {\"text\": \"a]\"},\n  {\"text\": \"b\"}\n ],\n \"Domain\": \"web\"\n}\n",
      ["3 a]", "4 b"]
    ),
    ("a.json", "{\"version\":{\"data\":[{}]},\"data\":[{\"text\":\"a\"},{\"text\":\"b\"}]}", ["1 a", "1 b"]),
    ("a.json", "{\"data\":[{}],\"text\":\"a\"}\n{\"text\":\"b\"}\n", ["1 a", "2 b"]),
    ("a.json", "{\"text\":\"a\",\"data\":[1]}\n", ["1 a"]),
    ("a.txt", "\u{FEFF}one\r\ntwo\n\nthree\n", ["1 one\r\ntwo\n\nthree\n"]),
    ("a.md", "  \n\n", []),
  ])
  func recordsAreFound(_ name: String, _ content: String, _ expected: [String]) throws {
    #expect(try records(name, content) == expected)
  }

  @Test(arguments: [
    (DocumentUnit.line, ["1 one", "2 two", "5 three"]), (.paragraph, ["1 one\ntwo", "5 three"]),
    (.file, ["1 one\ntwo\n\n\nthree"]),
  ])
  func textIsCutIntoDocuments(_ unit: DocumentUnit, _ expected: [String]) throws {
    #expect(try records("a.txt", "one\ntwo\n\n\nthree", documents: unit) == expected)
  }

  @Test(arguments: [
    (DocumentUnit.line, ["1 one", "2 two", "5 three"]), (.paragraph, ["1 one\ntwo", "5 three"]),
    (.file, ["1 one\r\ntwo\r\n\r\n\r\nthree\r\n"]),
  ])
  func documentsOfOtherLineBreaksSayTheSame(_ unit: DocumentUnit, _ expected: [String]) throws {
    let text = "one\r\ntwo\r\n\r\n\r\nthree\r\n"
    #expect(try records("a.txt", text, documents: unit) == expected)
  }

  @Test(arguments: [
    ("{\"data\": [{\"a\": 1},\n {\"b\": }]}", "a.json:2:8: expected a value, found '}'"),
    ("{\"data\": [{\"a\": 1}],\n \"b\": }", "a.json:2:7: expected a value, found '}'"),
    ("[{\"a\": 1},\n {\"b\": }]", "a.json:2:8: expected a value, found '}'"),
    ("[{\"a\": 1}\n", "a.json:2:1: expected ',' or ']', found the end of the text"),
    ("[{\"a\": 1},]", "a.json:1:11: expected a value, found ']'"),
    ("[{\"a\": 1},,{\"a\": 1}]", "a.json:1:11: expected a value, found ','"),
    ("[{\"a\": 1}] x", "a.json:1:12: expected the end of the document, found 'x'"),
    ("[{\"a\": 1} {\"a\": 1}]", "a.json:1:11: expected ',' or ']', found '{'"),
    ("[{\"a\": \"b}]", "a.json:1:8: the string that starts here has no closing quote"),
    ("[", "a.json:1:2: expected a value, found the end of the text"),
  ])
  func aBrokenArrayTellsWhere(_ content: String, _ says: String) {
    #expect(message { _ = try records("a.json", content) }.hasSuffix(says))
  }

  @Test func whatIsNoJSONIsRefusedWhereJSONIsNeeded() {
    #expect(message { _ = try records("a.csv", "a,b\n", documents: nil) }.contains("reads JSON"))
    #expect(message { _ = try records("a.bin", "", documents: nil) }.contains("no records"))
    #expect(
      message { _ = try InputFile(path: "/nowhere.json", format: "text", documents: nil) }.contains(
        "no such file"))
  }

  @Test func textThatIsNotUTF8IsRefused() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(to: "\(folder.path)/a.txt") { try $0.write([0x61, 0x62, 0xFF, 0x63]) }
    let text = message {
      try InputFile(path: "\(folder.path)/a.txt", format: "text", documents: .file).forEachRecord { _ in }
    }
    #expect(text.contains("a.txt (byte 2): the text is not valid UTF-8"))
  }
}
