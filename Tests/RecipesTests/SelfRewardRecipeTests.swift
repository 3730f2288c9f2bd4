import Diagnostics
import Foundation
import Testing

@testable import Recipes

@Suite("Recipes of self-rewarding rounds")
struct SelfRewardRecipeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private let least = """
    kind: selfreward
    output: out
    model: {path: small}
    judge: {rewards: [{kind: statement}]}
    """

  @Test(
    "the recipes that ship read, and read back from what they resolve to",
    arguments: ["arithmetic", "proxied-judge", "proxied-judge-expected-score"])
  func shipped(name: String) throws {
    let path = "\(Self.root)/recipes/selfreward/\(name).yaml"
    let recipe = try SelfRewardRecipe(contentsOf: path)
    #expect(try SelfRewardRecipe(yaml: recipe.yaml, path: "resolved") == recipe)
    guard case .selfReward(let same) = try AnyRecipe(contentsOf: path) else {
      Issue.record("another kind")
      return
    }
    #expect(same == recipe)
  }

  @Test("overrides go through the same reader")
  func overrides() throws {
    let recipe = try SelfRewardRecipe(
      yaml: least, path: "r.yaml",
      overrides: [
        "arms=[self,random]", "seeds=3", "judge.role=proxied", "judge.large=large", "judge.alpha=0.5",
        "pairs.votes=[0.5, 0.7]", "task.steps=[3,4]",
      ])
    #expect(recipe.arms == [.own, .random] && recipe.seeds == 3)
    #expect(recipe.judge.role == .proxied(large: "large", alpha: 0.5))
    #expect(recipe.pairs.votes == [0.5, 0.7] && recipe.task.steps == [3, 4])
    #expect(try SelfRewardRecipe(yaml: recipe.yaml, path: "resolved") == recipe)
  }

  @Test(
    "what would be read and then ignored is a problem",
    arguments: [
      ("judge.alpha=0.5", "judge.alpha goes with role: proxied"), ("arms=[]", "arms is empty"),
      ("judge.rewards=[{kind: implicit}]", "implicit compares the judge with the base"),
      ("start={examples: 0, judge_examples: 9}", "start.judge_examples without start.examples"),
      ("training.keep_best=true", "training.keep_best in rounds"),
      ("start.training.early_stop_patience=2", "start.training.early_stop_patience in rounds"),
      ("positive={steps: 3, epochs: 1}", "positive.epochs and positive.steps together"),
      ("pairs.band=0.4", "pairs.band goes with length_control: band"),
      ("preference.margin=1", "preference.margin with loss sigmoid"),
      ("pairs={anchored: true, different_answers: true}", "pairs.anchored with different_answers"),
    ])
  func ignored(override: String, expected: String) {
    let error = #expect(throws: RecipeError.self) {
      try SelfRewardRecipe(yaml: least, path: "r.yaml", overrides: [override])
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains(expected))
  }

  @Test("every problem shows at once, at its place")
  func problems() {
    let text = """
      kind: selfreward
      output: out
      arms: [self, orakle, self]
      rounds: 0
      model: {}
      task: {steps: [5, 4], form: narative}
      judge: {role: proxied, rewards: [{kind: calculator, weight: 0}]}
      pairs: {anchored: true, weights: votes, votes: [2]}
      preference: {reference: base}
      nothing: 1
      """
    let error = #expect(throws: RecipeError.self) { try SelfRewardRecipe(yaml: text, path: "r.yaml") }
    let found = (error?.diagnostics ?? []).map(\.text)
    let expected = [
      "r.yaml:3:1: arms has \"orakle\", expected self, oracle, random, positive, shuffled; did you mean \"oracle\"?",
      "r.yaml:3:1: arms has \"self\" twice", "rounds is \"0\"", "model.path is missing",
      "task.steps isn't a range", "task.form is \"narative\"", "judge.large goes with role: proxied",
      "judge.rewards[0].weight is \"0\"", "pairs.anchored with weights by votes", "pairs.votes has \"2\"",
      "preference.reference in rounds", "unknown key \"nothing\"",
    ]
    for text in expected { #expect(found.contains { $0.contains(text) }, "\(text) in \(found)") }
    #expect(found.count == expected.count)
  }
}
