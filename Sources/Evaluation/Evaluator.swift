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

  /// Answers every question greedily; `progress` hears how many are done.
  public func run(
    _ task: Task, model: any LanguageModel, name: String, progress: (Int) -> Void = { _ in }
  ) throws -> SystemResult {
    let requests = task.examples.map { example in
      GenerationRequest(
        prompt: tokenizer.encode(example.prompt), maximumTokens: task.maximumTokens,
        stopTokens: tokenizer.stopTokens, stopStrings: task.stops)
    }
    var answered = 0
    var current: Set<Int> = []
    let generations = try Generator(model, tokenizer: tokenizer, concurrency: concurrency)
      .generate(requests) { token in
        if current.insert(token.request).inserted {
          answered += 1
          progress(answered)
        }
        return true
      }
    return SystemResult(
      name: name, responses: generations.map(\.text),
      scores: zip(generations, task.examples).map { task.rule.score($0.text, answer: $1.answer) })
  }
}
