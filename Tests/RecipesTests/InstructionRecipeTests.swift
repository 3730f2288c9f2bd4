import Testing

@testable import Recipes

@Suite("Recipes of self-rewarding rounds on instructions")
struct InstructionRecipeTests {
  private static let least = """
    kind: selfreward
    output: o
    model: {path: m}
    task: {kind: instruction, path: d.h5}
    judge: {rewards: [{kind: sampled}]}
    """

  private static let whole = """
    kind: selfreward
    seed: 3
    threads: 2
    output: out
    rounds: 3
    model: {path: m.gguf, template: model, adapter: {kind: lora, rank: 4}}
    task: {kind: instruction, path: d.h5, split: all, limit: 50, max_length: 300, prompts: 7, validation: 5,
      head_to_head: false}
    baseline: {epochs: 2, learning_rate: 1e-4}
    judge_data:
      rubric: short
      most_common_ratio: 2
      ranked: {path: r.jsonl, limit: 9, attempts: 2, temperature: 1, top_p: 1, max_tokens: 50}
      corrupted: {answers: 6, corruptions: 3, form: score-only}
    start: {steps: 10}
    writer:
      role: path
      path: large.gguf
      seed_examples: 4
      generated_examples: 0
      longest_seed: 30
      max_tokens: 64
      wave: 8
      attempts: 5
      introduction: "Another \\"task\\":"
      label: Job
      filter: {overlap: 0.5, words: [2, 40], blocked: [image, go to], leading_non_ascii: true}
    candidates: {count: 4, temperature: 0.7, top_p: 0.9, max_tokens: 99, stretch: 4}
    judge:
      role: current
      combination: agreement
      rewards:
        - {kind: sampled, rubric: short, samples: 5, temperature: 0.5, top_p: 0.8, max_tokens: 33}
        - {kind: expected-score, rubric: additive, weight: 2}
        - {kind: pairwise}
    pairs: {margin: 0.5, length_control: zero-gap}
    preference: {loss: ipo, beta: 0.2}
    replay_every: 4
    training: {epochs: 1}
    agreement: {data: [a.json, b.json], limit: 20, tie_margin: 0.1, judges: [{kind: verifier}]}
    stop: {length_drift: 2, tie_rate: 0.9}
    """

  @Test("reads, and reads back what it writes", arguments: [least, whole])
  func roundTrip(yaml: String) throws {
    let recipe = try InstructionRecipe(yaml: yaml, path: "r.yaml")
    #expect(try InstructionRecipe(yaml: recipe.yaml, path: "r.yaml") == recipe)
  }

  @Test("what is written is what is meant")
  func values() throws {
    let recipe = try InstructionRecipe(yaml: Self.whole, path: "r.yaml", overrides: ["rounds=1"])
    #expect(recipe.rounds == 1 && recipe.task.prompts == 7 && recipe.task.limit == 50)
    #expect(recipe.writer.role == .path("large.gguf") && recipe.writer.introduction == "Another \"task\":")
    #expect(recipe.writer.filter.words == [2, 40] && recipe.writer.filter.blocked == ["image", "go to"])
    #expect(recipe.judgeData.ranked.path == "r.jsonl" && recipe.judgeData.corrupted.form == .scoreOnly)
    #expect(recipe.judge.rewards.map(\.kind) == [.sampled, .expectedScore, .pairwise])
    #expect(recipe.judge.rewards.map(\.samples) == [5, 3, 3])
    #expect(recipe.judge.rewards.map(\.rubric) == [.short, .additive, .short])
    #expect(recipe.agreement.judges.map(\.kind) == [.verifier])
  }

  @Test("the defaults are the paper's numbers")
  func defaults() throws {
    let recipe = try InstructionRecipe(yaml: Self.least, path: "r.yaml")
    #expect(recipe.judge.rewards.first?.rubric == .additive && recipe.judge.rewards.first?.samples == 3)
    #expect(recipe.writer.seedExamples == 6 && recipe.writer.generatedExamples == 2)
    #expect(recipe.writer.filter.overlap == 0.7 && recipe.preference.beta == 0.1 && recipe.rounds == 2)
    #expect(recipe.judgeData.ranked.path == nil && recipe.judgeData.corrupted.answers == 0)
  }

  @Test(
    "every problem at its place",
    arguments: [
      ("task={kind: instruction}", "task.path is missing"),
      ("task.kind=arithmetic", "task.kind isn't instruction"),
      ("task.steps=3", "unknown key \"task.steps\""),
      ("arms=[self]", "unknown key \"arms\""),
      ("writer.filter.overlap=2", "writer.filter.overlap is \"2\""),
      ("writer.filter.words=[5, 2]", "isn't a range"),
      ("judge.rewards=[{kind: calculator, rubric: short}]", "unknown key \"judge.rewards[0].rubric\""),
      ("judge.rewards=[{kind: sampled, samples: 0}]", "judge.rewards[0].samples is \"0\""),
      ("judge.rewards=[{weight: 1}]", "judge.rewards[0].kind is missing"),
      ("judge.rewards=[{kind: vote}]", "is for arithmetic"),
      ("judge_data.corrupted.form=long", "judge_data.corrupted.form is \"long\""),
      ("pairs.weights=votes", "need answers that are numbers"),
      ("preference.reference=base", "preference.reference in rounds"),
      ("stop.rollback=true", "stop.rollback"),
    ])
  func problems(override: String, expected: String) {
    do {
      _ = try InstructionRecipe(yaml: Self.least, path: "r.yaml", overrides: [override])
      Issue.record("\(override) was read")
    } catch {
      #expect("\(error)".contains(expected), "\(error)")
    }
  }

  @Test("the task decides which recipe a file is")
  func dispatch() throws {
    #expect(throws: RecipeError.self) { try SelfRewardRecipe(yaml: Self.least, path: "r.yaml") }
    let library = try #require(RecipeLibrary.standard)
    let path = library.path(of: "selfreward/instruction")
    guard case .instruction(let recipe) = try AnyRecipe(contentsOf: path) else {
      Issue.record("selfreward/instruction isn't a recipe on instructions")
      return
    }
    #expect(try InstructionRecipe(yaml: recipe.yaml, path: "resolved") == recipe)
    #expect(recipe.task.prompts >= 24 && recipe.candidates.count == 4 && recipe.judge.role == .current)
    guard case .selfReward = try AnyRecipe(contentsOf: library.path(of: "selfreward/arithmetic")) else {
      Issue.record("selfreward/arithmetic isn't a recipe on arithmetic")
      return
    }
  }
}
