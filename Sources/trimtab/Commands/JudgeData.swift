import ArgumentParser
import Formats
import Foundation
import Proxy
import SelfReward

extension CorruptionSeeds.ReplyForm: ExpressibleByArgument {}

/// `trimtab data judge-ranked`: examples of judging from answers that people ranked.
struct JudgeRanked: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge-ranked",
    abstract: "Have a model judge ranked answers, and keep judgments that order them as people did.",
    discussion: "What is written is of kind instruction: train on it with trimtab finetune.")

  @OptionGroup var modelOptions: ModelOptions
  @Option(help: ArgumentHelp("JSON lines, a ranked answer each.", valueName: "ranked.jsonl")) var ranked:
    String
  @Option(help: "What to write: .jsonl or .h5.") var output: String
  @Option(help: "The rubric: additive (the paper's) or short.") var rubric = JudgePrompt.additive.name
  @Option(help: "The template that the model is asked through (default: its own).") var template: String?
  @Option(help: "How often each prompt's answers are judged, until the order is right.") var attempts = 4
  @Option(help: "The most tokens of a judgment.") var maxTokens = 256
  @Option(help: "Only that many of the first prompts.") var limit: Int?
  @Option(help: "Seed of the random draws.") var seed: UInt64 = 0
  @Flag(help: "Print one JSON value.") var json = false

  func validate() throws { try JudgeDataReport.check(output: output) }

  func run() throws {
    try UsageError.check(limit: limit)
    try UsageError.check(output: output, inputs: [ranked])
    let sets = try RankedAnswers.read(path: ranked)
    var options = RankedAnswerSeeds.Options()
    options.rubric = try JudgePrompt.named(rubric)
    options.attempts = attempts
    options.maximumTokens = maxTokens
    let writer = try Policy(try modelOptions.assemble(), name: modelOptions.model, template: template)
    let outcome = try RankedAnswerSeeds(writer: writer, options)
      .build(Array(sets.prefix(limit ?? sets.count)), seed: seed)
    try JudgeExample.write(outcome.examples, to: output, source: ranked)
    JudgeDataReport.show(outcome.counts, output: output, json: json)
  }
}

/// `trimtab data judge-corrupted`: examples of judging without people.
struct JudgeCorrupted: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge-corrupted",
    abstract: "Make good answers worse in known ways, and write down what a judge should say of both.",
    discussion: "What is written is of kind instruction: train on it with trimtab finetune.")

  @Argument(help: "A data set of good answers.") var dataset: String
  @Option(help: "What to write: .jsonl or .h5.") var output: String
  @Option(help: "Which split's answers.") var split = "train"
  @Option(help: "The rubric: additive (the paper's) or short.") var rubric = JudgePrompt.short.name
  @Option(help: "What a judge replies: score-only, or reasoned.") var form =
    CorruptionSeeds.ReplyForm.scoreOnly
  @Flag(help: "Ask whether an answer is right, yes or no, instead of for a score.") var verdicts = false
  @Option(help: "How many worse answers are made of each good one.") var corruptions = 1
  @Option(help: "Only that many of the first answers.") var limit: Int?
  @Option(help: "Seed of the random draws.") var seed: UInt64 = 0
  @Flag(help: "Print one JSON value.") var json = false

  func validate() throws {
    try JudgeDataReport.check(output: output)
    guard (1...4).contains(corruptions) else {
      throw ValidationError("--corruptions is \(corruptions), expected 1 to 4.")
    }
  }

  func run() throws {
    try UsageError.check(limit: limit)
    try UsageError.check(output: output, inputs: [dataset])
    var seeds = CorruptionSeeds()
    seeds.rubric = try JudgePrompt.named(rubric)
    seeds.form = form
    seeds.corruptionsPerAnswer = corruptions
    let answers = try CorruptionSeeds.answers(dataset: dataset, split: split, limit: limit)
    let examples =
      verdicts ? seeds.verdicts(answers, seed: seed) : try seeds.scores(answers, seed: seed)
    try JudgeExample.write(examples, to: output, source: dataset)
    JudgeDataReport.show(
      ["answers": .integer(answers.count), "examples": .integer(examples.count)], output: output, json: json)
  }
}

/// What became of the answers, and where they may go.
private enum JudgeDataReport {
  /// Refuses a file that would be neither JSON lines nor a data set by its name.
  static func check(output: String) throws {
    guard [".jsonl", ".h5"].contains(where: { output.hasSuffix($0) }) else {
      throw ValidationError("--output is \(output), expected a name that ends in .jsonl or .h5.")
    }
  }

  static func show(_ counts: JSONObject, output: String, json: Bool) {
    if json {
      Console.result(JSON.object(counts).text())
    } else {
      Console.result("wrote \(output)")
      for (name, count) in counts {
        Console.result("  \(name.replacingOccurrences(of: "_", with: " ").padded(to: 24)) \(count.text())")
      }
    }
  }
}
