import Diagnostics
import Testing

@testable import Recipes

/// Every kind of mistake and the one line that it gets.
@Suite("Messages about recipes")
struct MessageTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    var recipe: String
    var overrides: [String] = []
    var messages: [String]

    var testDescription: String { messages.first ?? "no problem" }
  }

  /// A sound recipe, the given lines after its end; line 8 is the first of them.
  private static func finetune(_ more: String) -> String {
    """
    kind: finetune
    output: out
    model:
      path: small
    data:
      path: x.h5
    training:
    \(more)
    """
  }

  private static func pretrain(_ shape: String, tokenizer: String = "  tokenizer: t\n") -> String {
    "kind: pretrain\noutput: out\ndata: {path: x.h5}\nmodel:\n\(tokenizer)  shape: {\(shape)}\n"
  }

  static let mistakes: [Mistake] = [
    // syntax
    .init(
      recipe: "kind: finetune\nkind: pretrain\n",
      messages: ["r.yaml:1:1: \"kind\" twice in one section; keep one"]),
    .init(recipe: "", messages: ["r.yaml: the recipe is empty"]),
    .init(
      recipe: "just text",
      messages: ["r.yaml:1:1: the recipe is \"just text\", expected a section of keys"] + bare),
    // types: YAML 1.1's other words for true and its other numbers are refused where they would surprise
    .init(
      recipe: finetune("  keep_best: on"),
      messages: ["r.yaml:8:14: training.keep_best is \"on\", expected true or false"]),
    .init(
      recipe: finetune("  keep_best: 1"),
      messages: ["r.yaml:8:14: training.keep_best is \"1\", expected true or false"]),
    .init(
      recipe: finetune("  batch_tokens: 0o17"),
      messages: [
        "r.yaml:8:17: training.batch_tokens is \"0o17\", expected a whole number from 8 to 16777216"
      ]),
    .init(
      recipe: finetune("  steps: 1:30"),
      messages: ["r.yaml:8:10: training.steps is \"1:30\", expected a whole number from 1 to 1000000000"]),
    .init(
      recipe: finetune("  steps: 1.5"),
      messages: ["r.yaml:8:10: training.steps is \"1.5\", expected a whole number from 1 to 1000000000"]),
    .init(
      recipe: finetune("  learning_rate: .inf"),
      messages: ["r.yaml:8:18: training.learning_rate is \".inf\", expected a number over 0 to 10"]),
    .init(
      recipe: finetune("  learning_rate: [1, 2]"),
      messages: ["r.yaml:8:18: training.learning_rate is a list, expected a number over 0 to 10"]),
    .init(
      recipe: finetune("adapter: lora"),
      messages: ["r.yaml:8:10: adapter is \"lora\", expected a section of keys"]),
    .init(
      recipe: finetune("adapter: {kind: lora, targets: {a: 1}}"),
      messages: ["r.yaml:8:32: adapter.targets is a section, expected a list of texts"]),
    .init(
      recipe: finetune("adapter: {kind: lora, targets: [q_proj, [v_proj]]}"),
      messages: ["r.yaml:8:41: adapter.targets is a list, expected text"]),
    // ranges and words
    .init(
      recipe: finetune("threads: 0"),
      messages: ["r.yaml:8:10: threads is \"0\", expected a whole number from 1 to 1024"]),
    .init(
      recipe: finetune("  clip_norm: 0"),
      messages: ["r.yaml:8:14: training.clip_norm is \"0\", expected a number over 0"]),
    .init(
      recipe: finetune("  schedule: cosin"),
      messages: [
        "r.yaml:8:13: training.schedule is \"cosin\", expected cosine, linear, constant, warmup-stable-decay; did you mean \"cosine\"?"
      ]),
    .init(
      recipe: finetune("precision: fp8"),
      messages: ["r.yaml:8:12: precision is \"fp8\", expected auto, fp32, bf16; did you mean \"fp32\"?"]),
    .init(
      recipe: finetune("").replacing("x.h5", with: "x.h5\n  template: plane"),
      messages: [
        "r.yaml:7:13: data.template is \"plane\", expected model, plain, question-answer, alpaca, chatml; did you mean \"plain\"?"
      ]),
    // keys
    .init(
      recipe: finetune("  lerning_rate: 1e-5"),
      messages: ["r.yaml:8:3: unknown key \"training.lerning_rate\"; did you mean \"learning_rate\"?"]),
    .init(
      recipe: finetune("trainin: {}"),
      messages: ["r.yaml:8:1: unknown key \"trainin\"; did you mean \"training\"?"]),
    .init(
      recipe: finetune("").replacing("output: out", with: "output:"),
      messages: ["r.yaml:1:1: output is missing; name the run's folder"]),
    .init(
      recipe: pretrain("context: 1"),
      messages: ["r.yaml:6:20: model.shape.context is \"1\", expected a whole number from 2 to 1048576"]),
    // several fields
    .init(
      recipe: finetune("adapter: {dropout: 0.1}"),
      messages: ["r.yaml:8:10: adapter.kind is missing; write kind: lora"]),
    .init(
      recipe: finetune("  keep_best: true\n  early_stop_patience: 3"),
      messages: [
        "r.yaml:8:3: training.keep_best without data.validation_split; name the split",
        "r.yaml:9:3: training.early_stop_patience without data.validation_split; name the split",
      ]),
    .init(
      recipe: finetune("").replacing("path: x.h5", with: "sources: [{path: x.h5}]\n  split: train"),
      messages: ["r.yaml:7:3: data.split and data.sources together; give each source a split of its own"]),
    .init(
      recipe: finetune("  warmup_steps: 5\n  warmup_ratio: 0.1"),
      messages: ["r.yaml:8:3: training.warmup_ratio and training.warmup_steps together; keep one"]),
    .init(
      recipe: finetune("").replacing("data:\n", with: "data:\n  sources: [{path: y.h5}]\n"),
      messages: ["r.yaml:6:3: data.path and data.sources together; keep one"]),
    .init(
      recipe: finetune("").replacing("path: x.h5", with: "sources: [{split: train}]"),
      messages: ["r.yaml:6:13: data.sources[0].path is missing; name a data set"]),
    .init(
      recipe: pretrain("heads: 3, hidden_size: 64"),
      messages: ["r.yaml:6:21: hidden_size 64 is no multiple of 3 heads"]),
    .init(
      recipe: pretrain("heads: 4, kv_heads: 3, hidden_size: 64"),
      messages: ["r.yaml:6:21: heads 4 is no multiple of kv_heads 3"]),
    .init(
      recipe: pretrain("layers: 2", tokenizer: ""),
      messages: ["r.yaml:5:3: model.tokenizer is missing; a model from nothing needs one"]),
    .init(
      recipe: finetune("").replacing("kind: finetune", with: "kind: pretrain"),
      messages: ["r.yaml:4:3: model.path in a recipe of kind pretrain; give model.shape"]),
    // overrides
    .init(
      recipe: finetune(""), overrides: ["training.schedule=[", "seed=1"],
      messages: ["--set training.schedule=[: the value isn't YAML"]),
    .init(
      recipe: finetune(""), overrides: ["seed=-1"],
      messages: ["--set seed=-1: seed is \"-1\", expected a whole number from 0 up"]),
    .init(
      recipe: finetune(""), overrides: ["model.path.deeper=1"],
      messages: ["r.yaml:4:9: model.path is a section, expected text", "r.yaml:4:3: model.path is missing"]),
  ]

  /// What a recipe lacks that says nothing at all.
  private static let bare = [
    "r.yaml:1:1: kind is missing; write kind: finetune, pretrain or distill",
    "r.yaml:1:1: output is missing; name the run's folder",
    "r.yaml:1:1: model.path is missing; name a checkpoint folder or a .gguf file",
    "r.yaml:1:1: data.path is missing; name a data set; trimtab data import makes one",
  ]

  @Test("one line for each mistake", arguments: mistakes)
  func message(_ mistake: Mistake) {
    let error = #expect(throws: RecipeError.self) {
      _ = try Recipe(yaml: mistake.recipe, path: "r.yaml", overrides: mistake.overrides)
    }
    let texts = error?.diagnostics.map(\.text) ?? []
    #expect(texts.count == mistake.messages.count, "\(texts)")
    for (text, message) in zip(texts, mistake.messages) {
      #expect(text.hasPrefix(message), "\(texts)")
    }
  }

  @Test("words that YAML 1.1 takes for other things stay text")
  func traps() throws {
    for word in ["no", "off", "on", "007", "1e-5", "1:30", "~/runs", "2024-01-01"] {
      let recipe = try Recipe(yaml: Self.finetune("").replacing("out\n", with: "\(word)\n"), path: "r.yaml")
      #expect(recipe.output == word)
      #expect(try Recipe(yaml: recipe.yaml, path: "again") == recipe)
    }
  }

  @Test("an override with null takes a value away")
  func nullOverride() throws {
    let recipe = try Recipe(
      yaml: Self.pretrain("layers: 2"), path: "r.yaml",
      overrides: ["kind=finetune", "model.shape=null", "model.tokenizer=null", "model.path=small"])
    #expect(recipe.model == .path("small"))
  }
}
