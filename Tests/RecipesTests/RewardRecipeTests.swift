import Foundation
import Testing

@testable import Recipes

@Suite("Rewards in recipes")
struct RewardRecipeTests {
  private static let arithmetic = "kind: selfreward\noutput: o\nmodel: {path: m}"
  private static let instruction = arithmetic + "\ntask: {kind: instruction, path: d.h5}"

  private static let forBoth = [
    "{kind: likelihood, weight: 2}", "{kind: likelihood, length_normalized: false}",
    "{kind: implicit, beta: 0.5, length_normalized: true}", "{kind: verifier}",
    "{kind: pairwise, counting: wins}", "{kind: expected-score, rubric: additive}",
    "{kind: expected-score, rubric: {text: \"{prompt}\\n\\\"{response}\\\"\\t\", scores: [1, 3], label: Mark}}",
    "{kind: sampled, rubric: short, samples: 5, temperature: 1, top_p: 0.5, max_tokens: 9}",
    "{kind: command, command: [python3, my judge.py, \"5\"], attempts: 5, timeout: 2.5, patience: 3}",
    "{kind: http, url: \"https://judge:8000/x\", first_delay: 0, delay_factor: 3, longest_delay: 9}",
  ]
  private static let forArithmetic = [
    "{kind: statement}", "{kind: statement-mean}", "{kind: statement-least}",
    "{kind: statement-expected, numbers: [0, 99]}", "{kind: calculator}",
    "{kind: calculator, without_equations: null}", "{kind: vote}",
  ]

  private func rewards(_ text: String) -> String { "\njudge: {role: current, rewards: [\(text)]}\n" }

  @Test("every kind has a recipe here") func kinds() {
    let named = (Self.forBoth + Self.forArithmetic).joined()
    for kind in SelfRewardRecipe.Reward.Kind.allCases {
      #expect(named.contains("kind: \(kind.rawValue)"), "\(kind)")
    }
  }

  @Test("arithmetic reads every kind, and reads back what it writes", arguments: forBoth + forArithmetic)
  func arithmetic(reward: String) throws {
    let recipe = try SelfRewardRecipe(yaml: Self.arithmetic + rewards(reward), path: "r.yaml")
    #expect(try SelfRewardRecipe(yaml: recipe.yaml, path: "resolved") == recipe)
  }

  @Test("instructions read every kind that judges them, and read back what they write", arguments: forBoth)
  func instruction(reward: String) throws {
    let text = Self.instruction + rewards(reward) + "agreement: {judges: [\(reward)]}"
    let recipe = try InstructionRecipe(yaml: text, path: "r.yaml")
    #expect(recipe.judge.rewards == recipe.agreement.judges)
    #expect(try InstructionRecipe(yaml: recipe.yaml, path: "resolved") == recipe)
  }

  @Test("a kind for arithmetic is refused on instructions, wherever it stands", arguments: forArithmetic)
  func refused(reward: String) {
    let texts = [rewards(reward), rewards("{kind: sampled}") + "agreement: {judges: [\(reward)]}"]
    for text in texts {
      let error = #expect(throws: RecipeError.self) {
        try InstructionRecipe(yaml: Self.instruction + text, path: "r.yaml")
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains("is for arithmetic"))
    }
  }

  @Test("what is written is what is meant") func values() throws {
    let recipe = try SelfRewardRecipe(
      yaml: Self.arithmetic + rewards(Self.forBoth.joined(separator: ", ")), path: "r.yaml")
    let rewards = recipe.judge.rewards
    #expect(rewards[0].isLengthNormalized && rewards[0].weight == 2 && !rewards[1].isLengthNormalized)
    #expect(rewards[2].beta == 0.5 && rewards[4].counting == .wins)
    var own = SelfRewardRecipe.OwnRubric(text: "{prompt}\n\"{response}\"\t")
    own.scores = [1, 3]
    own.label = "Mark"
    #expect(rewards[6].rubric == .own(own))
    #expect(rewards[8].command == ["python3", "my judge.py", "5"] && rewards[8].retries.timeout == 2.5)
    #expect(rewards[9].address == "https://judge:8000/x" && rewards[9].retries.firstDelay == 0)
  }

  @Test("a rubric may be a file, and is then a part of the resolved recipe") func file() throws {
    let path = NSTemporaryDirectory() + "rubric-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = "Grade:\r\n{prompt}\r\n{response}\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let recipe = try InstructionRecipe(
      yaml: Self.instruction + rewards("{kind: sampled, rubric: {file: \(path)}}")
        + "judge_data: {rubric: {file: \(path)}}", path: "r.yaml")
    #expect(recipe.judge.rubric == .own(.init(text: text)) && recipe.judgeData.rubric == recipe.judge.rubric)
    try FileManager.default.removeItem(atPath: path)
    #expect(try InstructionRecipe(yaml: recipe.yaml, path: "resolved") == recipe)
  }

  @Test(
    "every problem at its place",
    arguments: [
      ("{kind: comand}", "did you mean \"command\"?"),
      ("{kind: command}", "judge.rewards[0].command is missing"),
      ("{kind: command, command: judge, url: x}", "unknown key \"judge.rewards[0].url\""),
      ("{kind: command, command: judge, timeout: 0}", "judge.rewards[0].timeout is \"0\""),
      ("{kind: http}", "judge.rewards[0].url is missing"),
      ("{kind: http, url: judge}", "judge.rewards[0].url is \"judge\", no address"),
      ("{kind: expected-score, rubric: shrot}", "did you mean \"short\"?"),
      ("{kind: expected-score, rubric: {scores: [0, 1]}}", "needs text or file"),
      ("{kind: expected-score, rubric: {file: no/such.txt}}", "file can't be read: no/such.txt"),
      ("{kind: expected-score, rubric: {text: How good?}}", "has no {response}"),
      ("{kind: expected-score, rubric: {text: \"{response}\", scores: 3}}", "has one score only"),
      ("{kind: expected-score, rubric: {text: \"{response}\", lable: x}}", "did you mean \"label\"?"),
      (
        "{kind: expected-score, rubric: {text: \"{response}\", label: \"5:\"}}",
        "rubric.label is \"5:\", which has no letter"
      ),
      ("{kind: statement, beta: 1}", "unknown key \"judge.rewards[0].beta\""),
      ("{kind: pairwise, counting: losses}", "judge.rewards[0].counting is \"losses\""),
    ])
  func problems(reward: String, expected: String) {
    let error = #expect(throws: RecipeError.self) {
      try SelfRewardRecipe(yaml: Self.arithmetic + rewards(reward), path: "r.yaml")
    }
    let found = error.map { "\($0)" } ?? ""
    #expect(found.contains(expected), "\(found)")
  }

  @Test("agreement needs several opinions, and judge examples a rubric") func crossChecks() throws {
    // Comparisons are with different rivals: what two candidates win isn't held against each other.
    for one in ["{kind: verifier}", "{kind: pairwise}", "{kind: sampled, samples: 1}"] {
      for agreement in ["pairs: {agreement: true}", "pairs: {weights: agreement}"] {
        let text = Self.arithmetic + rewards(one) + agreement
        let error = #expect(throws: RecipeError.self) { try SelfRewardRecipe(yaml: text, path: "r") }
        #expect("\(error.map { "\($0)" } ?? "")".contains("one opinion"))
      }
    }
    let unasked = Self.arithmetic + rewards("{kind: verifier}") + "start: {judge_examples: 9}"
    let error = #expect(throws: RecipeError.self) { try SelfRewardRecipe(yaml: unasked, path: "r") }
    #expect("\(error.map { "\($0)" } ?? "")".contains("no rubric"))
    for several in ["{kind: verifier}, {kind: statement}", "{kind: sampled}"] {
      _ = try SelfRewardRecipe(
        yaml: Self.arithmetic + rewards(several) + "pairs: {agreement: true, weights: agreement}", path: "r")
    }
  }
}
