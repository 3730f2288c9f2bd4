import Formats
import Foundation
import Testing

@Suite("Drafting, through the command line")
struct DraftingTests {
  private let llama = ["--model", Command.models + "/llama", "--expert", Command.models + "/llama-lora"]

  private func generate(_ options: [String]) throws -> Command.Outcome {
    let outcome = try Command.run(
      ["generate", "--tokens", "3,1,4", "--max-tokens", "24", "--ignore-end", "--json"] + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test(
    "every drafter gives the same answer and the same trace",
    arguments: [[], ["--temperature", "1", "--seed", "3"], ["--temperature", "0.8", "--top-p", "0.9"]])
  func sameAnswer(sampling: [String]) throws {
    let folder = try TemporaryFolder()
    var plain: (tokens: JSON?, trace: Data)?
    for draft in ["none", "expert", "lookup", "auto"] {
      let trace = folder.path + "/\(draft).jsonl"
      let json = try generate(llama + sampling + ["--draft", draft, "--trace", trace]).json
      let given = (tokens: json["tokens"], trace: try folder.read("\(draft).jsonl"))
      #expect(plain.map { $0.tokens == given.tokens && $0.trace == given.trace } ?? true, "\(draft)")
      plain = plain ?? given
      let (passes, accepted) = (json["passes"]?.intValue ?? 0, json["accepted"]?.intValue ?? -1)
      #expect(passes + accepted == 24 && (json["drafted"]?.intValue ?? -1) >= accepted)
      // Over its own antiexpert the expert says what the proxy-tuned model will say.
      if draft == "none" { #expect(passes == 24) } else if draft != "lookup" { #expect(passes < 16) }
    }
  }

  @Test("without an expert: look-up, or nothing")
  func singleModel() throws {
    let model = ["--model", Command.models + "/llama"]
    let plain = try generate(model + ["--draft", "none"]).json["tokens"]
    for draft in ["auto", "lookup"] {
      #expect(try generate(model + ["--draft", draft]).json["tokens"] == plain)
    }
  }

  @Test("what can't be drafted is refused")
  func refusals() throws {
    let model = ["generate", "--model", Command.models + "/llama", "--tokens", "1"]
    try expectRefusal(model + ["--draft", "expert"], status: 64, says: "--draft expert without --expert")
    try expectRefusal(
      model + ["--draft-length", "8"], status: 64, says: "--draft-length is 8, expected 1 to 7")
    try expectRefusal(model + ["--draft", "guess"], status: 64, says: "guess")
  }
}
