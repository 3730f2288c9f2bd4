import Testing

@testable import Diagnostics

@Suite("Diagnostics")
struct DiagnosticTests {
  @Test(
    "one line: where, what, what to do",
    arguments: [
      (Diagnostic("it is wrong"), "it is wrong"),
      (Diagnostic("it is wrong", advice: "mend it"), "it is wrong; mend it"),
      (Diagnostic("it is wrong", at: .init("a.yaml")), "a.yaml: it is wrong"),
      (Diagnostic("it is wrong", at: .init("a.yaml", line: 3)), "a.yaml:3: it is wrong"),
      (
        Diagnostic("it is wrong", at: .init("a.yaml", line: 3, column: 7), advice: "mend it"),
        "a.yaml:3:7: it is wrong; mend it"
      ),
      (Diagnostic("it is torn", at: .init("a.gguf", byteOffset: 24)), "a.gguf (byte 24): it is torn"),
    ])
  func text(diagnostic: Diagnostic, expected: String) {
    #expect(diagnostic.text == expected)
  }

  @Test(
    "the nearest name, or none",
    arguments: [
      ("learnin_rate", "learning_rate"), ("epoch", "epochs"), ("sede", "seed"), ("Epochs", "epochs"),
      ("batch", nil), ("", nil),
    ] as [(String, String?)])
  func suggestion(name: String, expected: String?) {
    #expect(nearest(to: name, among: ["learning_rate", "epochs", "seed", "warmup_steps"]) == expected)
  }

  @Test("the distance counts inserts, deletes, replacements and swaps of neighbours")
  func distance() {
    #expect(editDistance("abcd", "abcd") == 0)
    #expect(editDistance("abcd", "abdc") == 1)
    #expect(editDistance("abcd", "abc") == 1)
    #expect(editDistance("abcd", "xbcd") == 1)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("kitten", "sitting") == 3)
  }

  @Test("exit codes are sysexits'")
  func exitCodes() {
    #expect(ExitStatus.usage.rawValue == 64 && ExitStatus.badData.rawValue == 65)
    #expect(ExitStatus.noInput.rawValue == 66 && ExitStatus.inputOutput.rawValue == 74)
    #expect(ExitStatus.interrupted.rawValue == 130)
  }
}
