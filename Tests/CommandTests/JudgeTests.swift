import Formats
import Foundation
import Testing

@Suite("trimtab judge")
struct JudgeTests {
  private let pairs = """
    [{"input": "Who has more pens?", "output_1": "Ann", "output_2": "Who can say?", "label": 1},
     {"input": "2 + 2?", "output_1": "5 and not more than that.", "output_2": "4", "label": 2}]
    """

  @Test(
    "agreement with people as one JSON value, and every judgment as a line",
    arguments: ["expected-score", "sampled"])
  func agreement(reward: String) throws {
    let folder = try TemporaryFolder()
    let data = try folder.write(pairs, to: "pairs.json")
    let lines = folder.path + "/judgments.jsonl"
    let outcome = try Command.run([
      "judge", "--model", Command.shipped, "--data", data, "--reward", reward, "--rubric", "short",
      "--max-tokens", "8", "--judgments", lines, "--json",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.json["reward"]?.stringValue == reward)
    #expect(outcome.json["accuracy"]?["n"]?.intValue == 2 && outcome.json["chance"]?.doubleValue == 0.5)
    let written = try JSONLines(path: lines).map { try $0.json() }
    #expect(written.map { $0["people"]?.stringValue } == ["first", "second"])
    if reward == "sampled" {
      #expect(written[0]["texts"]?[0]?.arrayValue?.count == 3)
    } else {
      #expect(written[0]["scores"]?[0]?.doubleValue.map { (0...5).contains($0) } == true)
    }
  }

  @Test("what can't be judged is refused")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let data = try folder.write(pairs, to: "pairs.json")
    let command = ["judge", "--model", Command.shipped, "--data"]
    try expectRefusal(command + ["none.json"], status: 66, says: "none.json")
    try expectRefusal(command + [data, "--rubric", "shrot"], status: 64, says: "shrot", "short")
    try expectRefusal(command + [data, "--reward", "sampled", "--samples", "0"], status: 64, says: "samples")
    try expectRefusal(command + [data, "--limit=-1"], status: 64, says: "--limit is -1")
    try expectRefusal(command + [data, "--tie-margin=-1"], status: 64, says: "--tie-margin is -1")
    try expectRefusal(
      command + [data, "--reward", "pairwise", "--rubric", "short"], status: 64, says: "--rubric goes with")
    try expectRefusal(
      ["data", "judge-corrupted", "none.h5", "--output", "e.h5", "--limit=-1"], status: 64,
      says: "--limit is -1")
    try expectRefusal(
      ["data", "judge-corrupted", "none.h5", "--output", "e.h5", "--corruptions", "0"], status: 64,
      says: "--corruptions is 0")
    try expectRefusal(
      ["data", "inspect", "none.h5", "--max-length=-1"], status: 64, says: "--max-length is -1")
    let other = try folder.write("[{}]", to: "other.json")
    try expectRefusal(command + [other], status: 65, says: "other.json", "record 1")
  }

  @Test(
    "judge data without people: good answers and worse ones, ready to train on",
    arguments: ["e.jsonl", "e.h5"])
  func corrupted(name: String) throws {
    let folder = try TemporaryFolder()
    let answers = try folder.write(
      """
      {"prompt": "2 + 2?", "response": "4"}
      {"prompt": "3 + 3?", "response": "6"}
      """, to: "answers.jsonl")
    let data = folder.path + "/answers.h5"
    let imported = try Command.run([
      "data", "import", answers, "--format", "prompt-response", "--output", data,
    ])
    #expect(imported.status == 0, "\(imported.errors)")
    let output = folder.path + "/" + name
    try expectRefusal(
      ["data", "judge-corrupted", data, "--output", folder.path + "/e.txt"], status: 64, says: ".jsonl")
    let made = try Command.run(["data", "judge-corrupted", data, "--output", output, "--json"])
    #expect(made.status == 0 && made.json["examples"]?.intValue == 4, "\(made.errors)")
    if name == "e.h5" {
      let inspected = try Command.run(["data", "inspect", output, "--json"])
      #expect(inspected.json["kind"]?.stringValue == "instruction")
      #expect(inspected.json["splits"]?["train"]?["examples"]?.intValue == 4)
    } else {
      let replies = try JSONLines(path: output).map {
        try $0.json()["messages"]?[1]?["content"]?.stringValue ?? ""
      }
      #expect(
        replies.filter { $0 == "Score: 5" }.count == 2 && replies.allSatisfy { $0.hasPrefix("Score: ") })
    }
  }
}
