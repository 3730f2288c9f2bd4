import Formats
import Foundation
import Testing

@Suite("Bad input: one clear line, the right exit code")
struct BadInputTests {
  private func score(_ model: String) -> [String] { ["score", "--model", model, "--tokens", "1,2,3"] }

  @Test("missing files and folders")
  func missing() throws {
    try expectRefusal(score("no/such/model"), status: 66, says: "no/such/model")
    try expectRefusal(["inspect", "nowhere.gguf"], status: 66, says: "nowhere.gguf")
    let folder = try TemporaryFolder()
    try expectRefusal(score(folder.path), status: 65, says: "no config.json")
  }

  @Test("options that make no sense")
  func usage() throws {
    let model = Command.models + "/llama"
    try expectRefusal(["score", "--model", model], status: 64, says: "--text")
    try expectRefusal(["generate", "--model", model, "--tokens", "1,x"], status: 64, says: "\"x\"")
    try expectRefusal(score(model) + ["--alpha", "nan", "--expert", model], status: 64, says: "--alpha")
    try expectRefusal(
      ["generate", "--model", model, "--tokens", "1", "--top-p", "2"], status: 64, says: "top-p")
    try expectRefusal(
      ["generate", "--model", model, "--tokens", "1", "--trace", "t"], status: 64, says: "--expert")
    try expectRefusal(score(model) + ["--antiexpert", model], status: 64, says: "--expert")
    try expectRefusal(["score", "--model", model, "--tokens", "1,99"], status: 64, says: "99", "39")
  }

  @Test("evaluations of what isn't there, before any model is loaded")
  func evaluation() throws {
    let model = ["evaluate", "--model", Command.shipped]
    try expectRefusal(model, status: 64, says: "--task")
    try expectRefusal(model + ["--task", "gsm8k"], status: 64, says: "gsm8k=DATA.h5")
    try expectRefusal(model + ["--task", "gsm8kk=quiz.h5"], status: 64, says: "did you mean gsm8k?")
    try expectRefusal(model + ["--task", "quiz.h5"], status: 66, says: "quiz.h5")
    try expectRefusal(
      ["evaluate", "--model", "no/model", "--task", "gsm8k=quiz.h5"], status: 66, says: "quiz.h5")
    try expectRefusal(["evaluate", "evaluate/dmo"], status: 66, says: "did you mean \"evaluate/demo\"?")
  }

  @Test("text without a tokenizer")
  func noTokenizer() throws {
    try expectRefusal(
      ["score", "--model", Command.models + "/llama", "--text", "a"], status: 66, says: "tokenizer.json")
  }

  @Test("damaged safetensors", arguments: ["truncated", "length", "overlap", "shape", "json"])
  func safetensors(damage: String) throws {
    let folder = try TemporaryFolder()
    let source = Command.models + "/qwen2"
    let configuration = try Data(contentsOf: URL(fileURLWithPath: source + "/config.json"))
    var weights = try Data(contentsOf: URL(fileURLWithPath: source + "/model.safetensors"))
    let length = weights.prefix(8).withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    var header = String(decoding: weights[8..<8 + length], as: UTF8.self)
    switch damage {
    case "truncated": weights = weights.prefix(weights.count - 100)
    case "length": weights.replaceSubrange(0..<8, with: [255, 255, 255, 255, 255, 255, 255, 127])
    case "overlap":
      // The second tensor's bytes made the first one's.
      header = header.replacingOccurrences(of: "\"data_offsets\":[", with: "\"data_offsets\":[0, ")
      weights.replaceSubrange(8..<8 + length, with: Data(header.utf8.prefix(length)))
    case "shape":
      header = header.replacingOccurrences(of: "\"shape\":[40,16]", with: "\"shape\":[16,40]")
      weights.replaceSubrange(8..<8 + length, with: Data(header.utf8))
    default: weights[9] = 0x7B
    }
    _ = try folder.write(configuration, to: "config.json")
    _ = try folder.write(weights, to: "model.safetensors")
    try expectRefusal(score(folder.path), status: 65, says: folder.path)
  }

  @Test("an expert of another vocabulary is refused with the reason")
  func vocabulary() throws {
    let folder = try TemporaryFolder()
    let source = Command.models + "/llama"
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      _ = try folder.write(try Data(contentsOf: URL(fileURLWithPath: source + "/" + name)), to: name)
    }
    let tiny = Command.root.deletingLastPathComponent().path + "/shared/peers/tiny-llama-safetensors"
    guard FileManager.default.fileExists(atPath: tiny) else {
      print("skipped: no ../shared/peers/tiny-llama-safetensors here")
      return
    }
    try expectRefusal(
      score(folder.path) + ["--expert", tiny, "--antiexpert", tiny], status: 65, says: "another vocabulary")
    let check = try Command.run(["check", "--model", folder.path, "--expert", tiny, "--antiexpert", tiny])
    #expect(check.status == 65 && check.output.contains("don't fit"))
  }
}
