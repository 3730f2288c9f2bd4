import Diagnostics
import Testing

@testable import Recipes

@Suite("Recipes")
struct RecipeTests {
  static let good = """
    # a comment
    kind: finetune
    output: checkpoints/x
    model:
      path: models/small
    data:
      path: data/x.h5
    training:
      learning_rate: 1e-5
    """

  private func problems(_ yaml: String, _ overrides: [String] = []) -> [String] {
    do {
      _ = try Recipe(yaml: yaml, path: "r.yaml", overrides: overrides)
      return []
    } catch let error as RecipeError {
      return error.diagnostics.map(\.text)
    } catch {
      return ["\(error)"]
    }
  }

  @Test("defaults fill in what isn't written")
  func defaults() throws {
    let recipe = try Recipe(yaml: Self.good, path: "r.yaml")
    #expect(recipe.training.learningRate == 1e-5)
    #expect(recipe.training.length == .epochs(1))
    #expect(recipe.adapter == nil)
    #expect(recipe.data.sources == [.init(path: "data/x.h5", split: "train", weight: 1)])
  }

  @Test("what is printed back reads as the same recipe")
  func roundTrip() throws {
    let overrides = [
      [], ["adapter.kind=lora", "adapter.targets=[q_proj, v_proj]", "training.clip_norm=null"],
      ["training.steps=7", "training.warmup_steps=2", "threads=2", "output=\"a \\\"b\\\" no\""],
      ["data={sources: [{path: a.h5}, {path: b.h5, weight: 0.5, split: test}], validation_split: v}"],
      ["objective={kind: preference, loss: robust, label_smoothing: 0.1, beta: 0.5, reference: base}"],
      ["objective={kind: preference, loss: kto, desirable: 2, reference: models/frozen, nll: 1}"],
      ["objective={kind: preference, loss: simpo, margin: 0.5}"],
      ["objective={through: {base: models/large, antiexpert: models/small, alpha: 0.7, storage: float32}}"],
      ["objective={through: {base: models/large, top: 64, cache: logits.h5}}"],
      ["kind=distill", "model={path: large, reduce: {layers: 4, hidden_size: 64, kv_heads: 1}}"],
      [
        "kind=distill", "model={path: large, reduce: {intermediate_size: 96}}",
        "objective={temperature: 2, next_token: 0, cache: logits.h5, storage: float32, top: 32}",
      ],
      ["kind=pretrain", "model={tokenizer: t, shape: {layers: 2, hidden_size: 64, heads: 2}}"],
    ]
    for overrides in overrides {
      let recipe = try Recipe(yaml: Self.good, path: "r.yaml", overrides: overrides)
      #expect(try Recipe(yaml: recipe.yaml, path: "again") == recipe, "\(recipe.yaml)")
    }
  }

  @Test("all problems at once, each with its place")
  func everyProblem() {
    let yaml = """
      kind: finetun
      output: x
      model:
        pth: models/small
      data:
        path: x.h5
        packing: yes
      training:
        epoch: 3
        learning_rate: fast
        warmup_ratio: 2
      """
    #expect(
      problems(yaml) == [
        "r.yaml:1:7: kind is \"finetun\", expected pretrain, finetune, distill; did you mean \"finetune\"?",
        "r.yaml:4:3: model.path is missing; name a checkpoint folder or a .gguf file",
        "r.yaml:4:3: unknown key \"model.pth\"; did you mean \"path\"?",
        "r.yaml:7:12: data.packing is \"yes\", expected true or false",
        "r.yaml:10:18: training.learning_rate is \"fast\", expected a number over 0 to 10",
        "r.yaml:11:17: training.warmup_ratio is \"2\", expected a number from 0 to 1",
        "r.yaml:9:3: unknown key \"training.epoch\"; did you mean \"epochs\"?",
      ])
  }

  @Test(
    "messages",
    arguments: [
      (
        good + "\n  epochs: 1\n  steps: 2",
        "r.yaml:11:3: training.epochs and training.steps together; set one to null"
      ),
      (good + "\n  learning_rate: 2", "r.yaml:9:3: "),
      ("kind: [", "r.yaml:2:1: not YAML: did not find expected node content"),
      ("", "r.yaml: the recipe is empty"),
      ("- a\n- b", "r.yaml:1:1: the recipe is a list, expected a section of keys"),
      (good + "\nadapter:\n  rank: 4", "r.yaml:11:3: adapter.kind is missing; write kind: lora"),
      (good + "\nsed: 1", "r.yaml:10:1: unknown key \"sed\"; did you mean \"seed\"?"),
      (good + "\n  clip_norm: -1", "r.yaml:10:14: training.clip_norm is \"-1\", expected a number over 0"),
    ])
  func messages(yaml: String, beginning: String) {
    #expect(problems(yaml).first?.hasPrefix(beginning) == true, "\(problems(yaml))")
  }

  @Test("objectives")
  func objectives() throws {
    let plain = try Recipe(yaml: Self.good, path: "r.yaml")
    #expect(plain.objective == Recipe.Objective())
    let recipe = try Recipe(
      yaml: Self.good, path: "r.yaml",
      overrides: ["objective={kind: preference, loss: simpo, through: {base: large}}"])
    let preference = try #require(recipe.objective.preference)
    #expect(preference.loss == .simpo && preference.beta == 2 && preference.margin == 1)
    #expect(recipe.objective.through == Recipe.Through(base: "large"))
    let hinge = try Recipe(
      yaml: Self.good, path: "r.yaml",
      overrides: [
        "objective={kind: preference, loss: hinge, label_smoothing: 0.1}", "objective.label_smoothing=null",
      ])
    #expect(hinge.objective.preference?.loss == .hinge)
  }

  @Test(
    "objectives that contradict themselves",
    arguments: [
      ("{beta: 1}", "objective.beta without objective.kind: preference"),
      ("{kind: preference, loss: hinge, margin: 1}", "objective.margin with loss hinge, which has none"),
      ("{kind: preference, loss: orpo, reference: start}", "objective.reference with loss orpo"),
      ("{kind: preference, loss: dpo}", "objective.loss is \"dpo\", expected sigmoid, hinge, ipo"),
      ("{kind: preference, beta: 0}", "objective.beta is \"0\", expected a number over 0 to 1000"),
      ("{kind: preference, loss: robust, label_smoothing: 0.5}", "objective.label_smoothing is \"0.5\""),
      ("{through: {base: x, alpha: 0}}", "objective.through.alpha is \"0\", expected a number over 0"),
      ("{through: {alpha: 1}}", "objective.through.base is missing; name the large model"),
      ("{through: {base: x, alhpa: 1}}", "unknown key \"objective.through.alhpa\"; did you mean \"alpha\"?"),
    ])
  func contradictions(objective: String, problem: String) {
    let found = problems(Self.good, ["objective=" + objective])
    #expect(found.count == 1 && found[0].contains(problem), "\(found)")
  }

  @Test(
    "recipes that distil, and contradict themselves",
    arguments: [
      (["model={path: large}"], "model.reduce is missing; say what stays of the large model"),
      (["objective={through: {base: x}}"], "objective.through in a recipe of kind distill"),
      (["objective.kind=preference"], "objective.kind preference in a recipe of kind distill"),
      (["objective.top=8"], "objective.top without objective.cache; name the file"),
      (["adapter.kind=lora"], "adapter in a recipe of kind distill; a new model learns whole"),
      (["kind=finetune"], "model.reduce in a recipe of kind finetune; a small model is made by"),
      (["kind=finetune", "model={path: x}", "objective.temperature=2"], "objective.temperature in a recipe"),
    ])
  func distillation(overrides: [String], problem: String) {
    let distill = ["kind=distill", "model={path: large, reduce: {layers: 2}}"]
    #expect(problems(Self.good, distill).isEmpty)
    let found = problems(Self.good, distill + overrides)
    #expect(found.count == 1 && found[0].contains(problem), "\(found)")
  }

  @Test("overrides go through the same eyes")
  func overrides() {
    #expect(
      problems(Self.good, ["training.learnin_rate=1"]) == [
        "--set training.learnin_rate=1: unknown key \"training.learnin_rate\"; did you mean \"learning_rate\"?"
      ])
    #expect(
      problems(Self.good, ["training.steps=many"]) == [
        "--set training.steps=many: training.steps is \"many\", expected a whole number from 1 to 1000000000"
      ])
    #expect(problems(Self.good, ["x"]) == ["--set x: an override is KEY=VALUE; such as training.epochs=1"])
    #expect(problems(Self.good, ["model.path=a=b"]).isEmpty)
  }

  @Test("every recipe that ships can be read")
  func shipped() throws {
    let library = try #require(RecipeLibrary.standard)
    #expect(library.names.contains("task/gsm8k"))
    for name in library.names { _ = try AnyRecipe(contentsOf: library.path(of: name)) }
  }

  @Test("a mistyped kind is the one thing said of a recipe")
  func mistypedKind() throws {
    let library = try #require(RecipeLibrary.standard)
    let path = library.path(of: "evaluate/demo")
    let error = #expect(throws: RecipeError.self) {
      _ = try AnyRecipe(contentsOf: path, overrides: ["kind=evalute"])
    }
    let problems = error?.diagnostics.map(\.text) ?? []
    #expect(problems.count == 1 && problems[0].contains("did you mean \"evaluate\"?"), "\(problems)")
  }
}
