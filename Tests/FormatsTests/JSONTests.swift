import Diagnostics
import Formats
import Foundation
import Testing

@Suite struct JSONTests {
  @Test func valuesKeepTheirKinds() throws {
    let text = #"{"a":[1,-2.5,1e3,true,null],"é":"x","e\u0301":"y","big":12345678901234567890}"#
    let json = try JSON.parse(text, source: "test")
    #expect(json["a"] == [1, -2.5, 1000.0, true, nil])
    #expect(json["a"]?[2]?.intValue == 1000)
    #expect(json["big"]?.doubleValue == 12_345_678_901_234_567_168)
    #expect(json["big"]?.intValue == nil)
    #expect(json.objectValue?.keys == ["a", "é", "e\u{301}", "big"])
    // Canonically equivalent keys are different keys.
    #expect(json["\u{E9}"] == "x")
    #expect(json["e\u{301}"] == "y")
  }

  @Test func integersKeepEveryBit() throws {
    for value in [Int.min, -1, 0, 1, Int.max] {
      #expect(try JSON.parse("\(value)", source: "test") == .integer(value))
    }
  }

  @Test(arguments: [
    #"{"text":"a\"b\\c\n\u0001 é 🙂","numbers":[0,-1,0.1,1e+300],"empty":[{},[]]}"#,
    "null", "\"\"", "[[[]]]",
  ])
  func writtenTextParsesToTheSameValue(text: String) throws {
    let json = try JSON.parse(text, source: "test")
    #expect(json.text() == text)
    #expect(try JSON.parse(json.text(pretty: true), source: "test") == json)
  }

  @Test func prettyTextHasTwoSpacesALevel() {
    let json: JSON = ["a": [1, ["b": nil]], "c": [], "d": [:]]
    #expect(
      json.text(pretty: true) == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": [],
          "d": {}
        }
        """)
  }

  @Test func numbersWithoutJSONFormBecomeNull() {
    #expect(JSON.array([.number(.nan), .number(.infinity)]).text() == "[null,null]")
  }

  @Test func halvesOfSurrogatePairsAreReplaced() throws {
    let json = try JSON.parse(#"["\ud83d\ude42","\ud83d","\ude42x","\ud83d\ud83d\ude42"]"#, source: "test")
    #expect(json == ["🙂", "\u{FFFD}", "\u{FFFD}x", "\u{FFFD}🙂"])
  }

  @Test(arguments: [
    ("", "t.json:1:1: expected a value, found the end of the text"),
    ("{\"a\": 1,\n  }", "t.json:2:3: expected a key in quotes, found '}'"),
    ("[1, 02]", "t.json:1:6: expected no digit after a leading zero, found '2'"),
    ("[1 2]", "t.json:1:4: expected ',' or ']', found '2'"),
    ("{\"é\" 1}", "t.json:1:6: expected ':', found '1'"),
    ("[\"abc", "t.json:1:2: the string that starts here has no closing quote"),
    ("[\"a\nb\"]", "t.json:1:4: control character U+000A in a string must be escaped"),
    (#"["\x41"]"#, #"t.json:1:3: \x is no escape sequence"#),
    (#"["\u12G4"]"#, #"t.json:1:3: \u12G4 is no escape sequence"#),
    ("[1e999]", "t.json:1:2: the number 1e999 is out of range"),
    ("[truth]", "t.json:1:2: expected true, found 't'"),
    ("[1] x", "t.json:1:5: expected the end of the document, found 'x'"),
    ("[-]", "t.json:1:3: expected a digit, found ']'"),
    (String(repeating: "[", count: 600), "t.json:1:513: nested deeper than 512 levels"),
  ])
  func mistakesAreLocated(text: String, expected: String) {
    #expect(message { _ = try JSON.parse(text, source: "t.json") } == expected)
  }

  @Test func invalidUTF8IsLocated() {
    let bytes = Array("[\"é".utf8) + [0xFF] + Array("\"]".utf8)
    #expect(message { _ = try JSON.parse(bytes, source: "t") } == "t:1:4: the text is not valid UTF-8")
  }

  @Test func duplicateKeysAreKeptOrRefused() throws {
    let text = Array(#"{"a":1,"b":2,"a":3}"#.utf8)
    #expect(try JSON.parse(text, source: "t") == ["a": 3, "b": 2])
    let problem = message {
      _ = try text.withUnsafeBytes { try JSON.parse($0, source: "t", duplicateKeys: .refuse) }
    }
    #expect(problem == "t:1:14: the key \"a\" appears twice")
  }

  @Test func objectsAreMutableInPlace() {
    var object = JSONObject()
    for number in 0..<40 { object["key \(number)"] = .integer(number) }
    object["key 3"] = nil
    object["key 7"] = "seven"
    #expect(object.count == 39)
    #expect(object["key 3"] == nil)
    #expect(object.keys[6] == "key 7")
    #expect(object["key 39"] == 39)
    #expect(object == JSONObject(object.reversed().map { ($0.key, $0.value) }))
    #expect(object.hashValue == JSONObject(object.reversed().map { ($0.key, $0.value) }).hashValue)
  }

  /// The parsing suite: every `y_` file is accepted, every `n_` file refused.
  ///
  /// Of the `i_` files, about which the standard is silent: lone surrogates, huge integers and a byte order mark
  /// are accepted; invalid UTF-8, UTF-16 and numbers beyond `Double` are refused.
  @Test(
    .enabled(if: Shared.has("peers/jsontestsuite"), "needs shared/peers/jsontestsuite"),
    arguments: Shared.files(in: "peers/jsontestsuite/test_parsing"))
  func parsingSuite(name: String) throws {
    let path = Shared.path("peers/jsontestsuite/test_parsing/\(name)")
    let problem = message { _ = try JSON(contentsOf: path) }
    let refusedByChoice = [
      "i_number_huge_exp.json", "i_number_neg_int_huge_exp.json", "i_number_pos_double_huge_exp.json",
      "i_number_real_neg_overflow.json", "i_number_real_pos_overflow.json",
      "i_string_UTF-16LE_with_BOM.json", "i_string_UTF-8_invalid_sequence.json",
      "i_string_UTF8_surrogate_U+D800.json", "i_string_invalid_utf-8.json", "i_string_iso_latin_1.json",
      "i_string_lone_utf8_continuation_byte.json", "i_string_not_in_unicode_range.json",
      "i_string_overlong_sequence_2_bytes.json", "i_string_overlong_sequence_6_bytes.json",
      "i_string_overlong_sequence_6_bytes_null.json", "i_string_truncated-utf-8.json",
      "i_string_utf16BE_no_BOM.json", "i_string_utf16LE_no_BOM.json",
    ]
    if name.hasPrefix("n_") || refusedByChoice.contains(name) {
      #expect(problem != nil)
    } else {
      #expect(problem == nil)
    }
  }

  @Test func largeDocumentsAreQuick() throws {
    var text = "{\"vocab\":{"
    for id in 0..<150_000 { text += "\(id == 0 ? "" : ",")\"piece Ġ\(id)\":\(id)" }
    text += "}}"
    let start = ContinuousClock.now
    let json = try JSON.parse(text, source: "test")
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(json["vocab"]?["piece Ġ149999"] == 149_999)
  }
}

@Suite struct JSONLinesTests {
  @Test func linesHaveNumbersAndBlankOnesAreSkipped() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.jsonl"
      try AtomicFile.write("{\"a\":1}\r\n\n  \n{\"a\":2}\n[3", to: path)
      let lines = Array(try JSONLines(path: path))
      #expect(lines.map(\.number) == [1, 4, 5])
      #expect(try lines[1].json() == ["a": 2])
      #expect(
        message { _ = try lines[2].json() }
          == "\(path):5:3: expected ',' or ']', found the end of the text")
    }
  }

  @Test func anEmptyFileHasNoLines() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("", to: "\(folder)/a.jsonl")
      #expect(Array(try JSONLines(path: "\(folder)/a.jsonl")).isEmpty)
    }
  }
}
