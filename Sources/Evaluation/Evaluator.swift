import Decoding
import Tokenizers

/// Puts a task's questions to a model and scores its answers.
public struct Evaluator {
  private let tokenizer: Tokenizer
  private let concurrency: Int

  public init(tokenizer: Tokenizer, concurrency: Int = 64) {
    self.tokenizer = tokenizer
    self.concurrency = concurrency
  }

  /// Answers every question greedily.
  public func run(
    _ task: Task, model: any LanguageModel, name: String, drafter: (any Drafter)? = nil,
    draftLength: Int? = nil
  ) throws -> SystemResult {
    let requests = task.examples.map { example in
      GenerationRequest(
        prompt: tokenizer.encode(example.prompt), maximumTokens: task.maximumTokens,
        stopTokens: tokenizer.stopTokens, stopStrings: task.stops)
    }
    let generator = Generator(
      model, tokenizer: tokenizer, concurrency: concurrency, drafter: drafter, draftLength: draftLength)
    let generations = try generator.generate(requests)
    return SystemResult(
      name: name, responses: generations.map(\.text),
      scores: zip(generations, task.examples).map { task.rule.score($0.text, answer: $1.answer) })
  }
}
