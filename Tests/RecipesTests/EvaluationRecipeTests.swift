import Foundation
import Testing

@testable import Recipes

@Suite("Recipes of kind evaluate")
struct EvaluationRecipeTests {
  private static let whole = """
    kind: evaluate
    seed: 3
    output: out
    systems: {base: large, expert: small-tuned, antiexpert: small, through: other, tuned: large-tuned}
    alpha: auto
    alphas: [0.5, 1, 2]
    plausibility: 0.9
    divergence: 1.5
    tasks:
      - task: gsm8k
        data: gsm8k.h5
        split: train
        skip: 100
        limit: 200
        development: {split: train, limit: 50}
        template: question-answer
        max_tokens: 256
      - task: question
        data: quiz.h5
        columns: {prompt: "Q: {question}\\nA:", answer: "{solution}"}
        interpreter: venv/bin/python
        rule: normalized
        stops: ["\\n", "Q:"]
        sampling: {samples: 20, tries: 10, temperature: 0.8, top_p: 0.95}
    judge: {model: judge.gguf}
    classifier: {command: ./classify}
    information_classifier: {http: "http://localhost:8000/judge", timeout: 5, attempts: 2}
    sandbox: none
    examples: 3
    batch_rows: 16
    """

  @Test("reads, and reads back what it writes")
  func roundTrip() throws {
    let recipe = try EvaluationRecipe(yaml: Self.whole, path: "r.yaml")
    #expect(recipe.tasks.count == 2 && recipe.tasks[0].rows.skip == 100 && recipe.alpha == .automatic)
    #expect(recipe.tasks[1].columns.map(\.name) == ["prompt", "answer"])
    #expect(recipe.tasks[0].development == .init(split: "train", skip: 0, limit: 50))
    #expect(recipe.judge == .model("judge.gguf") && recipe.classifier == .command("./classify"))
    #expect(
      recipe.informationClassifier == .http("http://localhost:8000/judge", timeout: 5, attempts: 2))
    #expect(try EvaluationRecipe(yaml: recipe.yaml, path: "r.yaml") == recipe)
    let short = try EvaluationRecipe(
      yaml: "kind: evaluate\noutput: o\nsystems: {base: b}\ntasks: [{task: text, data: d.h5}]", path: "r.yaml"
    )
    #expect(recipe.systems.experts == ["small-tuned"])
    #expect(short.alpha == .fixed(1) && short.tasks[0].rows.split == "test" && short.sandbox == .namespaces)
    #expect(try EvaluationRecipe(yaml: short.yaml, path: "r.yaml") == short)
  }

  @Test("texts that YAML has no plain form for read back too")
  func quoting() throws {
    var recipe = try EvaluationRecipe(yaml: Self.whole, path: "r.yaml")
    recipe.tasks[1].stops = ["\u{1B}", "\u{85}", "\u{2028}", "a\u{FEFF}", "\0", "a\tb"]
    #expect(try EvaluationRecipe(yaml: recipe.yaml, path: "r.yaml") == recipe)
  }

  @Test("several experts steer together")
  func severalExperts() throws {
    let recipe = try EvaluationRecipe(
      yaml:
        "kind: evaluate\noutput: o\nsystems: {base: b, expert: [e, f=0.5]}\ntasks: [{task: text, data: d}]",
      path: "r.yaml")
    #expect(recipe.systems.experts == ["e", "f=0.5"])
    #expect(try EvaluationRecipe(yaml: recipe.yaml, path: "r.yaml") == recipe)
  }

  @Test(
    "every problem at its place",
    arguments: [
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\ntasks: [{task: text, dta: d}]",
        ["data is missing", "\"tasks[0].dta\"", "did you mean \"data\""]
      ),
      ("kind: evaluate\noutput: o\nsystems: {}\ntasks: []", ["systems.base is missing", "tasks is missing"]),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\nalpha: auto\ntasks: [{task: text, data: d}]",
        ["alpha is auto without systems.expert"]
      ),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\nalpha: much\ntasks: [{task: text, data: d}]",
        ["alpha is \"much\", expected a number or auto"]
      ),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\njudge: {model: m, command: c}\ntasks: [{task: t, data: d}]",
        ["a model and a command"]
      ),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\njudge: {model: m, timeout: 3}\ntasks: [{task: t, data: d}]",
        ["judge.timeout is for http"]
      ),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\nclassifier: {htp: h}\ntasks: [{task: t, data: d}]",
        ["classifier names nobody", "did you mean \"http\""]
      ),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\ntasks: [{file: none.yaml}]",
        ["there is no file none.yaml"]
      ),
      (
        "kind: evaluate\noutput: o\nsystems: {base: b}\ntasks: [{task: t, data: d, sampling: {samples: 2, tries: 3}}]",
        ["tries 3 of 2 samples"]
      ),
      ("kind: finetune\noutput: o", ["a recipe of kind finetune; run it with trimtab finetune"]),
    ])
  func problems(yaml: String, expected: [String]) {
    do {
      _ = try EvaluationRecipe(yaml: yaml, path: "r.yaml")
      Issue.record("it was read")
    } catch {
      for text in expected { #expect("\(error)".contains(text), "\(error)") }
    }
  }

  @Test("a task of one's own is a file: its keys, and those that stand beside its name")
  func ownTask() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/recipe-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "task: letters\ndata: quiz.h5\nlimit: 9\ncolumns: {answer: \"{key}\"}\n".write(
      toFile: folder + "/quiz.yaml", atomically: true, encoding: .utf8)
    func recipe(_ task: String) throws -> EvaluationRecipe {
      try EvaluationRecipe(
        yaml: "kind: evaluate\noutput: o\nsystems: {base: b}\ntasks: [{\(task)}]", path: folder + "/r.yaml")
    }
    let own = try recipe("file: quiz.yaml, split: validation").tasks[0]
    #expect(own.name == "letters" && own.data == "quiz.h5" && own.rows.limit == 9)
    #expect(own.rows.split == "validation" && own.columns == [.init(name: "answer", form: "{key}")])
    let changed = try recipe("file: quiz.yaml, task: likelihood, data: other.h5, limit: 3, columns: {a: b}")
    #expect(changed.tasks[0].name == "likelihood" && changed.tasks[0].data == "other.h5")
    #expect(changed.tasks[0].rows.limit == 3 && changed.tasks[0].columns.map(\.name) == ["a"])
    try "task: letters\ndatas: quiz.h5\n".write(
      toFile: folder + "/bad.yaml", atomically: true, encoding: .utf8)
    do {
      _ = try recipe("file: bad.yaml, data: d")
      Issue.record("it was read")
    } catch {
      #expect("\(error)".contains("bad.yaml:2:1") && "\(error)".contains("\"datas\""))
    }
  }
}
