import Formats
import Foundation
import Testing

@Suite("Identities of the proxy-tuned model, through the command line")
struct IdentityTests {
  static let text = "3,1,4,1,5,9,2,6,5,3,5,8"

  private func logProbabilities(_ options: [String]) throws -> [Double] {
    let outcome = try Command.run(
      ["score", "--tokens", Self.text, "--precision", "fp32", "--json"] + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return (outcome.json["logprobs"]?.arrayValue ?? []).compactMap(\.doubleValue)
  }

  private func tokens(_ options: [String]) throws -> [Int] {
    let outcome = try Command.run(
      [
        "generate", "--tokens", "3,1,4", "--max-tokens", "20", "--precision", "fp32", "--json",
        "--ignore-end",
      ]
        + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return (outcome.json["tokens"]?.arrayValue ?? []).compactMap(\.intValue)
  }

  private let base = ["--model", Command.models + "/mistral"]
  private let expert = ["--expert", Command.models + "/llama-lora"]

  @Test("α = 0 is the base, bit for bit")
  func alphaZero() throws {
    #expect(try logProbabilities(base + expert + ["--alpha", "0"]) == logProbabilities(base))
    #expect(try tokens(base + expert + ["--alpha", "0"]) == tokens(base))
    #expect(try logProbabilities(base + expert) != logProbabilities(base))
  }

  @Test("base = antiexpert makes the proxy the expert")
  func baseIsAntiexpert() throws {
    let llama = ["--model", Command.models + "/llama"]
    let alone = ["--model", Command.models + "/llama-lora"]
    let given = try logProbabilities(llama + expert)
    for (one, other) in zip(given, try logProbabilities(alone)) { #expect(abs(one - other) < 1e-5) }
    #expect(try tokens(llama + expert) == tokens(alone))
  }

  @Test("expert = antiexpert leaves the base")
  func noTuning() throws {
    let same = ["--expert", Command.models + "/llama", "--antiexpert", Command.models + "/llama"]
    #expect(try logProbabilities(base + same) == logProbabilities(base))
    #expect(try tokens(base + same) == tokens(base))
  }

  @Test("threads don't change a bit", arguments: ["1", "2", "3"])
  func threads(count: String) throws {
    #expect(try logProbabilities(base + expert + ["--threads", count]) == logProbabilities(base + expert))
  }
}
