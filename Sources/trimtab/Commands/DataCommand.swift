import ArgumentParser
import Datasets
import Diagnostics
import Formats
import Foundation
import Runs
import Tensors
import Tokenizers

/// `trimtab data`: data sets made, and looked at.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Import data sets, look into them, generate the demo's.",
    subcommands: [
      Import.self, InspectData.self, VerifyData.self, GenerateData.self, JudgeRanked.self,
      JudgeCorrupted.self, TrainTokenizer.self,
    ])
}

/// How examples become tokens.
struct TokenizingOptions: ParsableArguments {
  @Option(help: "Tokenise for this model (a checkpoint, a tokenizer.json or a .gguf).") var tokenizer: String?
  @Option(help: "A template's name (default: the model's own for chats, plain for prompts).") var template:
    String?
  @Option(
    help: "What the loss counts: responses (default), last, all, or roles such as user,assistant.")
  var trainOn: String?
  @Option(help: "Cut examples to that many tokens.") var maxLength: Int?

  func validate() throws {
    // A token, and one that follows it.
    if let maxLength, maxLength < 2 {
      throw ValidationError("--max-length is \(maxLength), expected 2 or more.")
    }
  }

  func renderer(for kind: DatasetKind) throws -> ExampleRenderer? {
    guard let tokenizer else {
      let given = [
        ("--template", template != nil), ("--train-on", trainOn != nil), ("--max-length", maxLength != nil),
      ].filter(\.1).map(\.0)
      guard given.isEmpty else {
        throw UsageError(
          "\(given.joined(separator: ", ")) without --tokenizer", advice: "name a model with --tokenizer")
      }
      return nil
    }
    let loaded = try Tokenizer.load(path: tokenizer)
    return ExampleRenderer(
      tokenizer: loaded,
      template: try PromptTemplate.named(template, chatTemplate: loaded.chatTemplate, kind: kind),
      trainOn: try TrainOn(trainOn ?? "responses"), maximumLength: maxLength, tokenizerPath: tokenizer)
  }
}

/// `trimtab data import`: files of many formats into one data set.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Turn files of many formats into one HDF5 data set.",
    discussion: "Formats:\n"
      + Importers.summaries.map { "  \($0.name.padded(to: 16)) \($0.summary)" }.joined(separator: "\n"))

  @Argument(help: "Files to read, one after another.") var inputs: [String]
  @Option(help: "The files' format.") var format: String
  @Option(help: "The data set to write.") var output: String
  @Option(help: "A column that another field holds, as column=field (repeatable).") var map: [String] = []
  @Option(help: "The split that the rows go to.") var split = "train"
  @Option(
    parsing: .unconditional, help: "The share of the rows that goes to the split validation instead.")
  var validation = 0.0
  @Option(help: "Seed of the choice of the validation split.") var seed: UInt64 = 0
  @Option(help: "Under which terms the data may be used.") var license = ""
  @Option(help: "How text files are cut into documents: file, line or paragraph.") var documents:
    DocumentUnit = .file
  @Option(help: "Threads to read and tokenise with (default: one a processor).") var threads: Int?
  @Flag(help: "Leave out records that can't be read, and count them.") var skipBad = false
  @Flag(help: "Add to the data set if it is there already, rather than replace it.") var append = false
  @Flag(help: "Print one JSON value.") var json = false
  @OptionGroup var tokenizing: TokenizingOptions

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads), expected 1 or more.") }
  }

  func run() throws {
    try UsageError.check(output: output, inputs: inputs)
    var options = ImportOptions(format: format)
    for entry in map {
      let (column, field) = try ImportOptions.mapping(entry)
      options.mapping[column] = field
    }
    options.split = split
    options.validationFraction = validation
    options.seed = seed
    options.license = license
    options.documents = documents
    options.skipsBadRecords = skipBad
    options.extendsExisting = append
    let renderer = try tokenizing.renderer(for: try Importers.kind(of: format))
    let report = try DatasetImport.run(
      inputs: inputs, output: output, options: options, renderer: renderer,
      pool: ThreadPool(threads: threads))
    if report.hasReplaced { Console.note("note: \(output) was there, and is replaced; --append adds to one") }
    for (path, problem) in report.skipped { Console.note("left out: \(path): \(problem.text)") }
    if report.skippedCount > 0 { Console.note("left out \(report.skippedCount.counted("record")) in all") }
    if let tokens = report.tokenization, tokens.truncated > 0 {
      Console.note("warning: \(tokens.truncated) examples were cut to \(tokenizing.maxLength ?? 0) tokens")
    }
    Console.result(json ? result(report).text() : text(report))
  }

  private func text(_ report: ImportReport) -> String {
    let counts = report.rowCounts.map { "\($0.rows) \($0.split)" }.joined(separator: ", ")
    let tokens = report.tokenization.map { "\n\($0.tokens) tokens, \($0.lossTokens) in the loss" }
    return "\(output): \(counts)" + (tokens ?? "")
  }

  private func result(_ report: ImportReport) -> JSON {
    let splits = report.rowCounts.map { ($0.split, JSON.object(["examples": .integer($0.rows)])) }
    var value: JSONObject = [
      "output": .string(output), "splits": .object(JSONObject(splits)),
      "left_out": .integer(report.skippedCount),
    ]
    if let tokens = report.tokenization {
      value["tokens"] = .integer(tokens.tokens)
      value["loss_tokens"] = .integer(tokens.lossTokens)
    }
    return .object(value)
  }
}

extension DocumentUnit: ExpressibleByArgument {}

extension RecordProblem {
  fileprivate var text: String { "\(line.map { "line \($0): " } ?? "")\(reason)" }
}

/// `trimtab data inspect`: what a data set holds.
struct InspectData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Counts, lengths, decoded tokens with their mask; fails when the stop token isn't learnt.")

  @Argument(help: "A data set.") var path: String
  @Option(parsing: .unconditional, help: "Show that many examples of the first split.") var sample = 0
  @Flag(help: "Print one JSON value.") var json = false
  @OptionGroup var tokenizing: TokenizingOptions

  func validate() throws {
    if sample < 0 { throw ValidationError("--sample is \(sample), expected 0 or more.") }
  }

  func run() throws {
    let dataset = try Dataset(path: path)
    let renderer = try tokenizing.renderer(for: dataset.kind)
    let inspection = try DatasetInspection(dataset, renderer: renderer)
    let isTerminal = !json && isatty(STDOUT_FILENO) == 1
    let samples = try dataset.sample(sample, renderer: renderer, marks: isTerminal ? .color : .brackets)
    if json {
      var value = inspection.json.objectValue ?? [:]
      if sample > 0 { value["sample"] = .array(samples.map { .string($0) }) }
      Console.result(JSON.object(value).text())
    } else {
      Console.result(([inspection.text] + samples).joined(separator: "\n\n"))
    }
    try inspection.checkStopTokens()
  }
}

/// `trimtab data generate`: the demo's text and questions.
struct GenerateData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write the demo's pretraining text or its questions.")

  enum What: String, ExpressibleByArgument, CaseIterable { case documents, questions }

  @Argument(help: "documents (a data set of text) or questions (three files of JSON lines in a folder).")
  var what: What
  @Option(help: "The data set, or the folder, to write.") var output: String
  @Option(help: "How many documents.") var count = 450_000
  @Option(help: "Seed of the random draws.") var seed: UInt64 = DemoText.shippedSeed
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    switch what {
    case .documents: try DemoData.writeDocuments(count: count, seed: seed, to: output)
    case .questions: try DemoText.writeQuestions(into: output, seed: seed)
    }
    Console.written(output, json: json)
  }
}
