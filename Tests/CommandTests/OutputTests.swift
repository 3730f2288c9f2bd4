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
      (["doctor"], ["version", "processors", "fp32", "bf16", "default_precision"]),
      (["recipe", "list"], ["recipes"]), (["recipe", "check", "demo/expert"], ["problems"]),
      (["recipe", "show", "demo/expert"], ["yaml"]),
    ])
  func json(command: [String], keys: [String]) throws {
    let outcome = try Command.run(command + ["--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let value = try JSON.parse(outcome.output, source: "stdout")
    for key in keys { #expect(value[key] != nil, "\(key) in \(outcome.output)") }
  }

  @Test("an imported data set, looked at as JSON with examples")
  func data() throws {
    let rows = try folder.write(
      "{\"prompt\": \"a\", \"response\": \"b\"}\n{\"prompt\": \"c\", \"response\": \"d\"}\n", to: "rows.jsonl"
    )
    let path = folder.path + "/rows.h5"
    let imported = try Command.run([
      "data", "import", "--format", "prompt-response", rows, "--output", path, "--tokenizer", Command.shipped,
      "--json",
    ]).json
    #expect(imported["splits"]?["train"]?["examples"] == 2 && imported["output"]?.stringValue == path)
    let inspected = try Command.run(["data", "inspect", path, "--sample", "1", "--json"]).json
    #expect(inspected["kind"] == "task" && inspected["splits"]?["train"]?["examples"] == 2)
    #expect(inspected["splits"]?["train"]?["tokens"] == imported["tokens"])
    #expect(inspected["splits"]?["train"]?["loss_tokens"] == imported["loss_tokens"])
    #expect(inspected["sample"]?.arrayValue?.count == 1)
    let shown = try Command.run(["data", "inspect", path, "--sample", "1"])
    #expect(shown.output.contains("a⟦ b<|endoftext|>⟧") && shown.errors.isEmpty, "\(shown.output)")
  }

  @Test("values that begin with a dash")
  func dashes() throws {
    let negative = try Command.run(["score", "--text", "a b", "--alpha", "-0.5", "--json"] + Self.steered)
    #expect(negative.status == 0 && negative.json["perplexity"] != nil, "\(negative.errors)")
    for command in [
      ["generate", "--model", Command.shipped, "--max-tokens", "2", "--prompt", "- a", "--stop", "-"],
      ["score", "--model", Command.shipped, "--text", "-1"], ["tokenize", Command.shipped, "--text", "--a"],
    ] {
      let outcome = try Command.run(command)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test("a converted expert still knows its antiexpert")
  func conversion() throws {
    let manager = FileManager.default
    let (expert, converted) = (folder.path + "/runs/expert", folder.path + "/converted")
    try manager.createDirectory(atPath: folder.path + "/runs", withIntermediateDirectories: true)
    try manager.copyItem(atPath: Command.shipped, toPath: expert)
    try manager.copyItem(atPath: Command.shipped, toPath: folder.path + "/before")
    _ = try folder.write(
      #"{"format": "trimtab.checkpoint", "version": 1, "tuned_from": {"path": "../../before", "fingerprint": ""}}"#,
      to: "runs/expert/trimtab.json")
    let outcome = try Command.run(["convert", expert, "--to", "safetensors", "--output", converted, "--json"])
    #expect(outcome.json["output"]?.stringValue == converted, "\(outcome.errors)")
    let check = try Command.run(["check", "--model", Command.shipped, "--expert", converted, "--json"])
    #expect(check.json["fits"] == true, "\(check.errors)")
  }

  @Test("an antiexpert that the expert wasn't tuned from is warned of")
  func otherAntiexpert() throws {
    let expert = folder.path + "/expert"
    try FileManager.default.copyItem(atPath: Command.shipped, toPath: expert)
    _ = try folder.write(
      #"{"format": "trimtab.checkpoint", "version": 1, "tuned_from": {"path": "../before", "fingerprint": "0"}}"#,
      to: "expert/trimtab.json")
    let models = ["--model", Command.shipped, "--expert", expert, "--antiexpert", Command.shipped]
    let check = try Command.run(["check"] + models)
    #expect(check.status == 0 && check.output.contains("expert/../before"), "\(check.output)")
    let score = try Command.run(["score", "--tokens", "1,2"] + models)
    #expect(score.status == 0 && score.errors.contains("warning: antiexpert"), "\(score.errors)")
  }
}
