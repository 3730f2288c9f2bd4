import Formats
import Foundation
import Testing
import Tokenizers

@testable import Datasets

@Suite struct RenderingTests {
  static let conversation: [JSON] = [
    ["role": "user", "content": "Hi"], ["role": "assistant", "content": "Hello!"],
    ["role": "user", "content": "Bye"], ["role": "assistant", "content": "See you."],
  ]

  /// What an example looks like, the learned part in brackets.
  private func shown(
    _ template: PromptTemplate, _ tokenizer: Tokenizer, _ trainOn: TrainOn = .responses,
    messages: [JSON] = conversation, tools: JSON? = nil
  ) throws -> String {
    let renderer = ExampleRenderer(tokenizer: tokenizer, template: template, trainOn: trainOn)
    let example = try renderer.conversation(messages, tools: tools)
    #expect(example.mask.first == 0)
    return ExamplePrinter(tokenizer: tokenizer, marks: .brackets).text(example)
  }

  private func simple(_ name: String) throws -> PromptTemplate {
    try PromptTemplate.named(name, chatTemplate: nil, kind: .task)
  }

  @Test(arguments: [
    ("plain", "Hi⟦ Hello!<|im_end|>⟧\nBye⟦ See you.<|im_end|>⟧"),
    (
      "question-answer",
      "Question: Hi\nAnswer:⟦ Hello!<|im_end|>⟧\n\nQuestion: Bye\nAnswer:⟦ See you.<|im_end|>⟧"
    ),
    (
      "alpaca",
      "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        + "\n\n### Instruction:\nHi\n\n### Response:\n⟦Hello!<|im_end|>⟧"
        + "\n\n### Instruction:\nBye\n\n### Response:\n⟦See you.<|im_end|>⟧"
    ),
    (
      "chatml",
      "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦Hello!<|im_end|>⟧"
        + "\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n⟦See you.<|im_end|>⟧"
    ),
  ])
  func simpleTemplatesMarkResponses(_ name: String, _ expected: String) throws {
    #expect(try shown(simple(name), try SmallTokenizer.bytes()) == expected)
  }

  @Test(arguments: [
    ("last", "Hi Hello!<|im_end|>\nBye⟦ See you.<|im_end|>⟧"),
    ("all", "H⟦i Hello!<|im_end|>\nBye See you.<|im_end|>⟧"),
    ("user", "H⟦i⟧ Hello!<|im_end|>⟦\nBye⟧ See you.<|im_end|>"),
  ])
  func thePartToLearnIsChosen(_ trainOn: String, _ expected: String) throws {
    #expect(try shown(simple("plain"), SmallTokenizer.bytes(), TrainOn(trainOn)) == expected)
  }

  @Test func whatFollowsTheLastStopTokenIsNeverLearned() throws {
    let turn = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{{ '\\n' }}"
    let template = try ChatTemplate(
      source: "{% for m in messages %}\(turn){% endfor %}", name: "turns with a line's end")
    let text = try shown(.model(template), SmallTokenizer.bytes(), .everything)
    #expect(text.hasPrefix("<|im_start|>⟦user\nHi<|im_end|>\n"))
    #expect(text.hasSuffix("See you.<|im_end|>⟧\n"))
  }

  @Test func aRowWithoutAResponseTeachesNothing() throws {
    let tokenizer = try SmallTokenizer.bytes()
    let cases: [(TrainOn, Bool)] = [(.responses, false), (.everything, false), (.roles(["user"]), true)]
    for (trainOn, isLearned) in cases {
      let renderer = ExampleRenderer(tokenizer: tokenizer, template: try simple("plain"), trainOn: trainOn)
      for response in ["", " \n"] {
        let row = DatasetRow(["prompt": "2+2=", "response": response])
        let example = try renderer.example(row, kind: .code)
        #expect(example.mask.contains(1) == isLearned && example.ids.starts(with: [50, 43, 50, 61]))
      }
    }
  }

  @Test(arguments: [
    (
      "user",
      "D[user]⟦Hi<|im_end|>⟧\n[assistant]Hello!<|im_end|>\n⟦[user]Bye<|im_end|>⟧"
        + "\n[assistant]See you.<|im_end|>\n"
    ),
    (
      "responses",
      "D[user]Hi<|im_end|>\n[assistant]⟦Hello!<|im_end|>⟧\n[user]Bye<|im_end|>"
        + "\n[assistant]⟦See you.<|im_end|>⟧\n"
    ),
  ])
  func theFirstMessageNeedsNoneBeforeIt(_ trainOn: String, _ expected: String) throws {
    let template = PromptTemplate.model(try Self.needyTemplate())
    #expect(try shown(template, SmallTokenizer.bytes(), TrainOn(trainOn)) == expected)
  }

  @Test func anAnswerToNothingIsNotLearned() throws {
    let template = PromptTemplate.model(try Self.needyTemplate())
    let text = try shown(template, SmallTokenizer.bytes(), messages: Array(Self.conversation.dropFirst()))
    #expect(
      text == "D[assistant]Hello!<|im_end|>\n[user]Bye<|im_end|>\n[assistant]⟦See you.<|im_end|>⟧\n")
  }

  /// A template that can't show a conversation of no message, as most can't.
  private static func needyTemplate() throws -> ChatTemplate {
    try ChatTemplate(
      source: "{% if messages[0]['role'] != 'system' %}D{% endif %}"
        + "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}[assistant]{% endif %}", name: "test")
  }

  @Test func aMessageCanBeLeftOut() throws {
    var messages = Self.conversation
    messages[1] = ["role": "assistant", "content": "Hello!", "train": false]
    let text = try shown(simple("plain"), SmallTokenizer.bytes(), messages: messages)
    #expect(text == "Hi Hello!<|im_end|>\nBye⟦ See you.<|im_end|>⟧")
  }

  @Test(arguments: [
    ("2+2=", "4", "2+2=⟦ 4<|im_end|>⟧"), ("2+2= ", "4", "2+2= ⟦4<|im_end|>⟧"),
    ("2+2=", "\n4", "2+2=⟦\n4<|im_end|>⟧"), ("", "x", "x⟦<|im_end|>⟧"),
  ])
  func aSpaceJoinsOnlyWhereThereIsNone(_ prompt: String, _ response: String, _ expected: String) throws {
    let tokenizer = try SmallTokenizer.bytes()
    let renderer = ExampleRenderer(tokenizer: tokenizer, template: try simple("plain"))
    let example = try renderer.example(DatasetRow(["prompt": prompt, "response": response]), kind: .task)
    #expect(ExamplePrinter(tokenizer: tokenizer, marks: .brackets).text(example) == expected)
  }

  @Test func tokenizersThatAddASpaceKeepTheWholeTextsTokens() throws {
    let tokenizer = try SmallTokenizer.spaced()
    let renderer = ExampleRenderer(tokenizer: tokenizer, template: try simple("plain"))
    let example = try renderer.conversation(Self.conversation, tools: nil)
    let whole = "Hi Hello!<|im_end|>\nBye See you.<|im_end|>"
    #expect(example.ids == tokenizer.encode(whole, addSpecialTokens: false))
    let learned = example.trainedRanges.map { tokenizer.decode(example.ids[$0], skipSpecialTokens: false) }
    #expect(learned.map { $0.trimmingPrefix(" ") } == ["Hello!<|im_end|>", "See you.<|im_end|>"])
  }

  @Test func aTemplateWithoutStopTokenGetsOne() throws {
    let template = try ChatTemplate(
      source: "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
        + "{% if add_generation_prompt %}[assistant] {% endif %}", name: "test")
    let text = try shown(.model(template), SmallTokenizer.bytes())
    #expect(text == "[user] Hi\n[assistant] ⟦Hello!\n⟧[user] Bye\n[assistant] ⟦See you.\n<|im_end|>⟧")
  }

  @Test func rewrittenHistoryIsRefusedUnlessOnlyTheLastResponseIsLearned() throws {
    let template = try ChatTemplate(
      source: "{% for m in messages %}{% if m.role == 'user' %}[{{ m.content }}]"
        + "{% elif loop.last %}<think></think>{{ m.content }}{{ eos_token }}"
        + "{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}", name: "test")
    let tokenizer = try SmallTokenizer.bytes()
    #expect(throws: RenderingProblem.rewritesHistory(message: 1)) {
      try shown(.model(template), tokenizer)
    }
    let last = try shown(.model(template), tokenizer, .last)
    #expect(last == "[Hi]Hello!<|im_end|>[Bye]⟦<think></think>See you.<|im_end|>⟧")
  }

  @Test func anAnswerThatIsNotWrittenAfterItsPromptIsRefused() throws {
    let template = try ChatTemplate(
      source: "{% for m in messages %}{{ m.content }};{% endfor %}"
        + "{% if add_generation_prompt %}<think>{% endif %}", name: "test")
    #expect(throws: RenderingProblem.answerDoesNotFollowPrompt(message: 3)) {
      try shown(.model(template), SmallTokenizer.bytes(), .last)
    }
  }

  @Test func documentsBeginAndEnd() throws {
    let tokenizer = try SmallTokenizer.bytes()
    let end = try #require(tokenizer.endOfSequence)
    let renderer = ExampleRenderer(tokenizer: tokenizer, template: try simple("plain"))
    #expect(renderer.document("ab") == TokenizedExample(ids: [97, 98, end], mask: [0, 1, 1]))
    #expect(renderer.document("ab<|im_end|>").ids == [97, 98, end])
    let short = ExampleRenderer(tokenizer: tokenizer, template: try simple("plain"), maximumLength: 2)
    #expect(short.document("ab") == TokenizedExample(ids: [97, 98], mask: [0, 1], isTruncated: true))
  }

  @Test func pairsShareTheirPrompt() throws {
    let tokenizer = try SmallTokenizer.bytes()
    let printer = ExamplePrinter(tokenizer: tokenizer, marks: .brackets)
    let renderer = ExampleRenderer(tokenizer: tokenizer, template: try simple("plain"))
    for prompt in ["p", #"[{"role":"user","content":"p"}]"#] {
      let pair = try renderer.pair(DatasetRow(["prompt": prompt, "chosen": "good", "rejected": "bad"]))
      #expect(
        printer.text(pair.chosen) == "p⟦ good<|im_end|>⟧"
          && printer.text(pair.rejected) == "p⟦ bad<|im_end|>⟧")
    }
  }

  @Test func unknownNamesAreRefused() {
    #expect(message { _ = try TrainOn("asistant") }.contains("is nothing to train on"))
    #expect(
      message { _ = try PromptTemplate.named("chatlm", chatTemplate: nil, kind: .task) }.contains(
        "did you mean chatml?"))
    #expect(
      message { _ = try PromptTemplate.named(nil, chatTemplate: nil, kind: .instruction) }
        .contains("the model brings none; choose one with --template: plain, question-answer, alpaca, chatml")
    )
  }

  // MARK: - Real templates and tokenizers

  @Test(arguments: ["Qwen-Qwen2.5-7B-Instruct", "Bielik-11B-v3.0-Instruct"])
  func realTemplatesAreMaskedExactly(_ name: String) throws {
    guard let source = Shared.path("peers/chat-templates/templates/\(name).jinja"),
      let path = Shared.path("peers/llamacpp-vocab/ggml-vocab-qwen2.gguf")
    else { return }
    let template = try ChatTemplate(source: String(contentsOfFile: source, encoding: .utf8), name: name)
    try checkMask(template, Tokenizer.load(path: path))
  }

  @Test func aSentencePieceTokenizerIsMaskedExactly() throws {
    guard let path = Shared.path("peers/llamacpp-vocab/ggml-vocab-llama-spm.gguf") else { return }
    let template = try ChatTemplate(
      source: "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
        + "{% else %} {{ m.content }} {{ eos_token }}{% endif %}{% endfor %}", name: "test")
    try checkMask(template, Tokenizer.load(path: path))
  }

  /// The tokens are those of the whole text, and exactly the answers with what stops them are learned.
  private func checkMask(_ template: ChatTemplate, _ tokenizer: Tokenizer) throws {
    let renderer = ExampleRenderer(tokenizer: tokenizer, template: .model(template))
    let example = try renderer.conversation(Self.conversation, tools: nil)
    let whole = try renderer.template.render(Self.conversation, tokenizer: tokenizer)
    let ids = tokenizer.encode(whole, addSpecialTokens: false)
    #expect(example.ids.starts(with: ids) && example.ids.count <= ids.count + 1)
    let ranges = example.trainedRanges
    #expect(ranges.count == 2)
    for (range, answer) in zip(ranges, ["Hello!", "See you."]) {
      let learned = tokenizer.decode(example.ids[range], skipSpecialTokens: false)
      #expect(learned.trimmingPrefix(" ").hasPrefix(answer))
    }
    let stop = ranges.last.flatMap { example.ids[$0].last }
    #expect(stop.map { tokenizer.stopTokens.contains($0) } == true)
  }
}
