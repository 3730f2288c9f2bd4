import Foundation
import Testing

@Suite("Bad data and recipes: where, what, the nearest name")
struct BadDataTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func refuse(
    _ arguments: [String], status: Int32, says parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try Command.run(arguments, in: folder.path)
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
    #expect(outcome.output.isEmpty, "\(outcome.output)", sourceLocation: sourceLocation)
  }

  private func importing(_ input: String, format: String = "prompt-response") -> [String] {
    ["data", "import", "--format", format, input, "--output", "data.h5"]
  }

  @Test("JSON lines with a broken line")
  func brokenLine() throws {
    let good = #"{"prompt": "a", "response": "b"}"#
    _ = try folder.write("\(good)\n\(good)\n{\"prompt\": \"a\",\n\(good)\n", to: "rows.jsonl")
    try refuse(importing("rows.jsonl"), status: 65, says: "rows.jsonl:3:")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data.h5"))
    _ = try folder.write("\(good)\n{\"prompt\": \"a\"}\n", to: "rows.jsonl")
    try refuse(importing("rows.jsonl"), status: 65, says: "rows.jsonl:2", "response")
  }

  @Test("inputs and formats that aren't there")
  func missing() throws {
    try refuse(importing("nowhere.jsonl"), status: 66, says: "nowhere.jsonl")
    try refuse(importing("x") + ["--validation", "2"], status: 64, says: "--validation is 2")
    try refuse(importing("x", format: "promt-response"), status: 64, says: "prompt-response")
    try refuse(["data", "inspect", "nowhere.h5"], status: 66, says: "nowhere.h5", "data import")
    try refuse(["data", "inspect", "nowhere.h5", "--sample", "-1"], status: 64, says: "--sample is -1")
    try refuse(["finetune", "nowhere.yaml"], status: 66, says: "nowhere.yaml")
    try refuse(["recipe", "show", "demo/expertt"], status: 66, says: "demo/expert\"")
    try refuse(
      ["generate", "--model", Command.shipped, "--prompt-file", "nowhere.txt"], status: 66,
      says: "nowhere.txt")
    try refuse(
      ["generate", "--model", Command.shipped, "--prompt", "a", "--expert", "nowhere"], status: 66,
      says: "nowhere")
  }

  @Test("options of tokens without a tokenizer", arguments: ["--template", "--train-on", "--max-length"])
  func noTokenizer(option: String) throws {
    try refuse(
      importing("rows.jsonl") + [option, "9"], status: 64, says: option + " without", "with --tokenizer")
  }

  @Test("a file that is no data set of ours")
  func notOurs() throws {
    _ = try folder.write("kind: finetune\n", to: "text.h5")
    try refuse(["data", "inspect", "text.h5"], status: 65, says: "text.h5", "not an HDF5 file")
    let logits = folder.path + "/logits.h5"
    _ = try Command.run(["score", "--model", Command.shipped, "--tokens", "1,2,3", "--logits", logits])
    try refuse(["data", "inspect", "logits.h5"], status: 65, says: "logits.h5", "not a Trimtab dataset")
    var bytes = try folder.read("logits.h5")
    bytes[bytes.count / 2] ^= 1
    _ = try folder.write(bytes, to: "damaged.h5")
    try refuse(["data", "inspect", "damaged.h5"], status: 65, says: "damaged.h5")
    _ = try folder.write(bytes.prefix(100), to: "cut.h5")
    try refuse(["data", "inspect", "cut.h5"], status: 65, says: "cut.h5")
    try refuse(["data", "inspect", "/dev/zero"], status: 65, says: "not an HDF5 file")
  }

  @Test("recipes with typing errors")
  func recipes() throws {
    try refuse(
      ["finetune", "demo/expert", "--set", "training.epoch=1"], status: 65, says: "training.epoch",
      "\"epochs\"")
    try refuse(["finetune", "demo/expert", "--set", "epochs"], status: 64, says: "--set epochs")
    _ = try folder.write("kind: finetune\nmodle:\n  path: a\n", to: "recipe.yaml")
    try refuse(["finetune", "recipe.yaml"], status: 65, says: "recipe.yaml:2:1", "\"model\"")
    _ = try folder.write(Data([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 0xff]), to: "model.gguf")
    try refuse(["finetune", "model.gguf"], status: 65, says: "model.gguf: not YAML", "text file")
  }

  @Test(
    "a recipe of another kind names the command that runs it",
    arguments: [
      ("finetune", "evaluate/demo", "evaluate"), ("cache-logits", "selfreward/arithmetic", "selfreward"),
      ("evaluate", "demo/expert", "finetune"), ("selfreward", "demo/expert", "finetune"),
    ])
  func otherKind(command: String, recipe: String, right: String) throws {
    try expectRefusal(
      [command, recipe], status: 65, says: "a recipe of kind \(right); run it with trimtab \(right)")
  }

  @Test("arms and seeds that no rounds can have")
  func arms() throws {
    let rounds = ["selfreward", "selfreward/arithmetic"]
    try refuse(rounds + ["--arms", "slef"], status: 64, says: "--arms has \"slef\"", "\"self\"?")
    try refuse(rounds + ["--seeds", "0"], status: 64, says: "--seeds is 0")
    try refuse(
      ["selfreward", "selfreward/instruction", "--arms", "self"], status: 64, says: "--arms and --seeds")
  }

  @Test("prompts that a model can't take")
  func prompts() throws {
    let model = ["generate", "--model", Command.shipped]
    try refuse(model + ["--prompt", ""], status: 64, says: "holds no token")
    try refuse(model + ["--chat", "hello"], status: 65, says: "no chat template")
    try refuse(model + ["--tokens", "1,9999"], status: 64, says: "9999", "511")
    try refuse(
      model + ["--prompt", "a", "--expert", Command.shipped + "=nan", "--antiexpert", Command.shipped],
      status: 64, says: "weight", "nan")
    try refuse(
      model + ["--prompt", "a", "--expert", Command.shipped + "=abc"], status: 64, says: "weight", "abc")
    try refuse(model + ["--prompt", "a", "--temperature", "-1"], status: 64, says: "a number from 0 up")
  }

  @Test("commands and options with typing errors")
  func typing() throws {
    try refuse(["genrate"], status: 64, says: "\"generate\"")
    try refuse(["data", "imprt"], status: 64, says: "\"import\"")
    try refuse(["finetune", "demo/expert", "--dryrun"], status: 64, says: "--dry-run")
    try refuse(["data", "import"], status: 64, says: "--format")
  }
}
