import Formats
import Foundation
import Testing

@Suite("Outputs that can't be written, and outputs that programs read")
struct OutputTests {
  private static let steered = [
    "--model", Command.shipped, "--expert", Command.shipped, "--antiexpert", Command.shipped,
  ]

  private let folder: TemporaryFolder
  /// A path under a regular file: nobody can write there, not even root.
  private let impossible: String

  init() throws {
    folder = try TemporaryFolder()
    impossible = try folder.write("a file", to: "file") + "/below"
  }

  @Test("a path under a regular file")
  func unwritable() throws {
    let rows = try folder.write("{\"prompt\": \"a\", \"response\": \"b\"}\n", to: "rows.jsonl")
    let documents = folder.path + "/documents.h5"
    #expect(
      try Command.run(["data", "generate", "documents", "--count", "50", "--output", documents]).status == 0)
    let commands = [
      ["data", "import", "--format", "prompt-response", rows, "--output", impossible],
      ["data", "generate", "documents", "--count", "5", "--output", impossible],
      ["data", "tokenizer", documents, "--vocabulary", "300", "--output", impossible],
      ["data", "generate", "questions", "--output", impossible],
      ["score", "--model", Command.shipped, "--tokens", "1,2", "--logits", impossible],
      ["generate", "--tokens", "1,2", "--max-tokens", "2", "--trace", impossible] + Self.steered,
      ["recipe", "copy", "demo/expert", impossible],
      [
        "finetune", "demo/pretrain-small", "--set", "data.path=\(documents)", "--set",
        "data.validation_split=null", "--set", "model.tokenizer=\(Command.shipped)", "--set",
        "output=\(impossible)",
      ],
    ]
    for command in commands {
      try expectRefusal(command, status: 74, says: folder.path + "/file")
    }
  }

  @Test("a disk that is full")
  func full() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    try expectRefusal(
      ["score", "--model", Command.shipped, "--tokens", "1,2", "--logits", "/dev/full"], status: 74,
      says: "/dev/full")
    try expectRefusal(
      ["generate", "--tokens", "1,2", "--max-tokens", "2", "--trace", "/dev/full"] + Self.steered,
      status: 74, says: "/dev/full")
    let printed = try Command.shell("exec \"$0\" doctor > /dev/full")
    #expect(
      printed.status == 74 && printed.errors.hasPrefix("trimtab: standard output:"), "\(printed.errors)")
  }

  @Test(
    "--json makes stdout one JSON value with the keys that are promised",
    arguments: [
      (["generate", "--prompt", "a", "--max-tokens", "3"] + steered, ["tokens", "text", "finish_reason"]),
      (["score", "--text", "a b"] + steered, ["tokens", "logprobs", "perplexity"]),
      (["tokenize", Command.shipped, "--text", "a b"], ["ids"]),
      (
        ["inspect", Command.shipped],
        ["architecture", "parameters", "layers", "hidden_size", "vocabulary", "dtype", "bytes"]
      ),
      (["check"] + steered, ["fits", "findings"]),
    ])
  func json(command: [String], keys: [String]) throws {
    let outcome = try Command.run(command + ["--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let value = try JSON.parse(outcome.output, source: "stdout")
    for key in keys { #expect(value[key] != nil, "\(key) in \(outcome.output)") }
  }
}
