import Diagnostics
import Formats
import Testing
import Tokenizers

@testable import Datasets

@Suite struct InspectionTests {
  private let folder: TemporaryFolder
  private let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try SmallTokenizer.bytes()
  }

  private func renderer(_ template: String, maximumLength: Int? = nil) throws -> ExampleRenderer {
    ExampleRenderer(
      tokenizer: tokenizer, template: try PromptTemplate.named(template, chatTemplate: nil, kind: .task),
      maximumLength: maximumLength)
  }

  private func imported(_ renderer: ExampleRenderer?) throws -> Dataset {
    let input = try folder.file(
      "in.jsonl", #"{"prompt":"2+2=","response":"4"}"# + "\n" + #"{"prompt":"a","response":"bcd"}"#)
    let output = "\(folder.path)/x.h5"
    _ = try DatasetImport.run(
      inputs: [input], output: output, options: .init(format: "prompt-response"), renderer: renderer)
    return try Dataset(path: output)
  }

  @Test func textsAreCountedWithoutTokens() throws {
    let inspection = try DatasetInspection(imported(nil))
    let json = inspection.json
    #expect(json["kind"] == "task")
    #expect(json["splits"]?["train"]?["examples"] == 2)
    #expect(json["splits"]?["train"]?["tokens"] == .null)
    #expect(inspection.text.contains("train: 2 examples, columns prompt, response\n  bytes: mean 4.5"))
    try inspection.checkStopTokens()
  }

  @Test func storedTokensAreCountedAndUsedAgain() throws {
    let renderer = try renderer("plain")
    let dataset = try imported(renderer)
    let inspection = try DatasetInspection(dataset)
    let train = inspection.json["splits"]?["train"]
    // "2+2=" " 4" stop, "a" " bcd" stop
    #expect(train?["tokens"] == 13 && train?["loss_tokens"] == 8 && train?["stop_token_in_loss"] == true)
    #expect(train?["lengths"]?["max"] == 7 && train?["responses"] == 2)
    try inspection.checkStopTokens()
    let stored = try dataset.tokens(split: "train")
    #expect(try dataset.tokens(split: "train", renderer: renderer).examples == stored)
    // Other tokens than those in the file are made anew.
    let other = try dataset.tokens(split: "train", renderer: self.renderer("question-answer"))
    #expect(other.examples != stored && other.report.examples == 2)
  }

  @Test func tokensOfAnotherChatTemplateAreMadeAnew() throws {
    func renderer(_ opening: String) throws -> ExampleRenderer {
      let source = opening + "{% for m in messages %}{{ m.content }};{% endfor %}"
      return ExampleRenderer(
        tokenizer: tokenizer, template: .model(try ChatTemplate(source: source, name: "test")))
    }
    let dataset = try imported(renderer(""))
    let stored = try dataset.tokens(split: "train")
    #expect(try dataset.tokens(split: "train", renderer: renderer("")).examples == stored)
    #expect(try dataset.tokens(split: "train", renderer: renderer("!")).examples != stored)
    let tokenization = try #require(try dataset.tokenization(split: "train"))
    #expect(try tokenization == renderer("").tokenization)
    // A file from before the fingerprint was kept may be of any model's.
    var older = tokenization
    older.templateFingerprint = nil
    #expect(!older.isSame(as: tokenization) && tokenization.isSame(as: tokenization))
  }

  @Test func trainingOnAllOfAChatMLConversationLearnsToStop() throws {
    let renderer = ExampleRenderer(
      tokenizer: tokenizer, template: try PromptTemplate.named("chatml", chatTemplate: nil, kind: .task),
      trainOn: .everything)
    let inspection = try DatasetInspection(imported(renderer))
    #expect(inspection.json["splits"]?["train"]?["stop_token_in_loss"] == true)
    try inspection.checkStopTokens()
  }

  @Test func aStopTokenOutsideTheLossFails() throws {
    let path = "\(folder.path)/bad.h5"
    let tokenization = Tokenization(tokenizer: "t", template: "x", trainOn: "responses", stopTokens: [2])
    try DatasetWriter.create(at: path, .init(kind: .task, source: ""), tokenization: tokenization) { writer in
      let row = DatasetRow(["prompt": "p", "response": "r"])
      try writer.append(row, split: "train", tokens: TokenizedExample(ids: [5, 6, 2], mask: [0, 1, 1]))
      try writer.append(row, split: "train", tokens: TokenizedExample(ids: [5, 6, 2], mask: [0, 1, 0]))
    }
    let inspection = try DatasetInspection(Dataset(path: path))
    #expect(inspection.json["splits"]?["train"]?["stop_token_in_loss"] == false)
    #expect(inspection.text.contains("the stop token is NOT in the loss: 1 of 2 responses lack it"))
    #expect {
      try inspection.checkStopTokens()
    } throws: { error in
      let diagnostic = (error as? DatasetError)?.diagnostics.first
      return diagnostic?.exitCode == .badData
        && diagnostic?.problem.hasPrefix("1 of 2 trained responses") == true
    }
  }

  @Test func whereStopTokensArentKnownNothingIsBlamed() throws {
    let path = "\(folder.path)/foreign.h5"
    let tokenization = Tokenization(tokenizer: "t", template: "x", trainOn: "", stopTokens: nil)
    try DatasetWriter.create(at: path, .init(kind: .task, source: ""), tokenization: tokenization) { writer in
      let row = DatasetRow(["prompt": "p", "response": "r"])
      try writer.append(row, split: "train", tokens: TokenizedExample(ids: [5, 6, 2], mask: [0, 1, 1]))
    }
    let inspection = try DatasetInspection(Dataset(path: path))
    #expect(inspection.json["splits"]?["train"]?["stop_token_in_loss"] == .null)
    #expect(inspection.text.contains("which tokens stop isn't known"))
    try inspection.checkStopTokens()
  }

  @Test func cutExamplesAreReportedNotBlamed() throws {
    let inspection = try DatasetInspection(imported(renderer("plain", maximumLength: 6)))
    let tokens = try #require(inspection.splits.first?.tokens)
    // "a bcd" fits six tokens with its stop token; "2+2= 4" loses its own.
    #expect(tokens.truncated == 1 && tokens.responses == 1 && tokens.stoppedResponses == 1)
    #expect(inspection.text.contains("1 examples are cut off and have lost their stop token"))
    try inspection.checkStopTokens()
  }

  @Test func whereEveryResponseIsCutNothingStops() throws {
    let inspection = try DatasetInspection(imported(renderer("plain", maximumLength: 3)))
    #expect(inspection.json["splits"]?["train"]?["stop_token_in_loss"] == false)
    #expect(inspection.text.contains("the stop token is NOT in the loss: no response is there to its end"))
    #expect(throws: DatasetError.noWholeResponse(path: inspection.path, examples: 2)) {
      try inspection.checkStopTokens()
    }
  }

  @Test func badRowsAreNamedWhenTokenised() throws {
    let input = try folder.file(
      "in.jsonl",
      #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]}"#
    )
    let output = "\(folder.path)/calls.h5"
    let text = message {
      _ = try DatasetImport.run(
        inputs: [input], output: output, options: .init(format: "messages"), renderer: renderer("plain"))
    }
    #expect(text.contains("in.jsonl:1: the template plain can't show calls of tools; use the model's own"))
    _ = try DatasetImport.run(inputs: [input], output: output, options: .init(format: "messages"))
    let later = message {
      _ = try Dataset(path: output).tokens(split: "train", renderer: renderer("plain"))
    }
    #expect(later.contains("calls.h5: row 0: the template plain can't show calls of tools"))
  }

  @Test func controlCharactersAreWrittenOut() {
    let printer = ExamplePrinter(tokenizer: tokenizer, marks: .brackets)
    let example = TokenizedExample(ids: [97, 27, 91, 98], mask: [0, 0, 1, 1])
    #expect(printer.text(example) == "a\\u{1b}⟦[b⟧")
    let all = printer.texts(TokenizedExamples([example, example]), split: "train", first: 1)
    #expect(all == ["train 0: 4 tokens, 2 in the loss\na\\u{1b}⟦[b⟧"])
  }

  @Test func aSampleShowsTokensWhereThereIsATokenizerElseColumns() throws {
    let rows = try imported(nil)
    #expect(try rows.sample(1, marks: .brackets) == ["prompt: 2+2=\nresponse: 4"])
    let shown = try rows.sample(5, renderer: renderer("plain"), marks: .brackets)
    #expect(shown.count == 2 && shown[1].hasPrefix("train 1: 6 tokens, 5 in the loss\na⟦ bcd"))
    #expect(try rows.sample(0, marks: .brackets).isEmpty)
  }

  @Test func aSampleShowsColumnsWhereTheTokenizerIsGoneOrAnotherOne() throws {
    let kept = "\(folder.path)/kept"
    func sample(_ path: String) throws -> String? {
      let renderer = ExampleRenderer(
        tokenizer: tokenizer, template: try PromptTemplate.named("plain", chatTemplate: nil, kind: .task),
        tokenizerPath: path)
      return try imported(renderer).sample(1, marks: .brackets).first
    }
    #expect(try sample("\(folder.path)/gone") == "prompt: 2+2=\nresponse: 4")
    try SmallTokenizer.spaced().save(to: kept)
    #expect(try sample(kept) == "prompt: 2+2=\nresponse: 4")
    try tokenizer.save(to: kept)
    #expect(try sample(kept)?.hasPrefix("train 0: 7 tokens, 3 in the loss\n2+2=⟦ 4") == true)
  }

  @Test func percentilesAreLengthsThatOccur() throws {
    let summary = try #require(LengthSummary(Array(1...100)))
    #expect(
      summary.mean == 50.5 && summary.median == 50 && summary.percentile95 == 95 && summary.maximum == 100)
    #expect(LengthSummary([]) == nil)
  }
}
