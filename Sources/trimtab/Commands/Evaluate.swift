import ArgumentParser
import Datasets
import Decoding
import Evaluation
import Formats
import Foundation
import Proxy
import Tokenizers

extension AnswerRule: ExpressibleByArgument {}

/// `trimtab evaluate`: base, expert, proxied and directly tuned side by side.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score a model, its expert and the two together on the questions of a data set.")

  @OptionGroup var modelOptions: ModelOptions
  @Option(help: ArgumentHelp("A data set of kind task (repeatable).", valueName: "data.h5"))
  var task: [String]
  @Option(help: "Which split's questions to ask.") var split = "test"
  @Option(help: "How answers are compared: exact, last-number or final.") var rule = AnswerRule.exact
  @Option(help: "The template that questions are shown through (default: plain).") var template: String?
  @Option(help: "The base tuned directly, the upper reference.") var tuned: String?
  @Option(help: "Ask only that many questions.") var limit: Int?
  @Option(help: "The most tokens of an answer.") var maxTokens = 64
  @Option(help: "Text that ends an answer (repeatable; default: a line's end).") var stop: [String] = []
  @Option(help: "Write every answer of every system, as JSON lines.") var answers: String?
  @OptionGroup var drafting: DraftingArguments
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    let assembled = try modelOptions.assemble()
    let tokenizer = try assembled.base.requireTokenizer()
    let evaluator = Evaluator(tokenizer: tokenizer)
    let drafter = try assembled.makeDrafter(drafting.draft)
    var systems: [(String, any LanguageModel)] = [("base", assembled.base.languageModel)]
    if let expert = assembled.experts.first { systems.append(("expert", expert.languageModel)) }
    if let proxied = assembled.proxied { systems.append(("proxied", proxied)) }
    if let tuned {
      let compute = try modelOptions.computeOptions.makeCompute()
      systems.append(("tuned", try LoadedModel(path: tuned, compute: compute).languageModel))
    }
    var comparisons: [Comparison] = []
    var lines: [String] = []
    for path in task {
      let task = try Task(
        dataset: path, split: split, limit: limit, rule: rule, template: template, tokenizer: tokenizer,
        stops: stop.isEmpty ? ["\n"] : stop, maximumTokens: maxTokens)
      let results = try systems.map { name, model in
        Console.note("\(task.name): \(name), \(task.examples.count) questions")
        // The other systems are single models, which have no expert to guess for them.
        return try evaluator.run(
          task, model: model, name: name,
          drafter: name == "proxied" ? drafter : drafting.draft.drafterOfSingleModel,
          draftLength: drafting.draftLength)
      }
      comparisons.append(Comparison(task: task.name, systems: results))
      for result in results { lines += result.answerLines(of: task).map { $0.text() + "\n" } }
    }
    if let answers { try AtomicFile.write(lines.joined(), to: answers) }
    if json {
      let values = comparisons.map(\.json)
      Console.result((values.count == 1 ? values[0] : .array(values)).text())
    } else {
      for comparison in comparisons { Console.result(comparison.table) }
    }
  }
}
