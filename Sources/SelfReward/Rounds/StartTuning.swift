import Datasets
import Formats
import Models
import Tensors
import Tokenizers
import Training

/// Tunes the base on a few solved problems, so that it answers at all: the rounds' start.
public struct StartTuning {
  public let base: String
  public let task: ArithmeticTask
  /// How many solved problems; 0: the base is the start.
  public let examples: Int
  /// Which of their answers it learns to give a score too; nil: none.
  public let judging: JudgeDataOptions.Corrupted?
  public let training: TrainingOptions
  public let method: TunedModel.Method
  public let batchTokens: Int
  public let template: String
  public let recipe: String
  public let compute: Compute

  public init(
    base: String, task: ArithmeticTask, examples: Int, judging: JudgeDataOptions.Corrupted? = nil,
    training: TrainingOptions, method: TunedModel.Method = .full, batchTokens: Int, template: String,
    recipe: String, compute: Compute
  ) {
    self.base = base
    self.task = task
    self.examples = examples
    self.judging = judging
    self.training = training
    self.method = method
    self.batchTokens = batchTokens
    self.template = template
    self.recipe = recipe
    self.compute = compute
  }

  /// Makes the start of a seed in a folder, or finds what was made before.
  public func start(
    seed: UInt64, folder: String, stop: StopSignal?, consumers: [any TrainingConsumer]
  ) throws -> StartModel {
    let tokenizer = try Tokenizer.load(path: base)
    let renderer = ExampleRenderer(
      tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: tokenizer.chatTemplate, kind: .task))
    let solutions = task.solutions(.start, count: examples, seed: seed, round: 0)
    let lessons =
      solutions.map { (prompt: $0.problem.prompt, response: $0.response) }
      + (try judgeExamples(solutions, seed: seed))
    let tokens = TokenizedExamples(
      try lessons.map {
        try renderer.example(DatasetRow(["prompt": $0.prompt, "response": $0.response]), kind: .task)
      })
    guard examples > 0 else {
      return StartModel(path: base, fingerprint: "\(try Checkpoint.load(base).fingerprint)", examples: tokens)
    }
    return try SupervisedStage(
      base: base, training: training, method: method, batchTokens: batchTokens, recipe: recipe,
      compute: compute
    ).model(
      "start", on: tokens,
      named: "\(Fingerprint(of: lessons.map { $0.prompt + $0.response }.joined()))", seed: seed,
      folder: folder, stop: stop, consumers: consumers)
  }

  /// Right answers and worse ones under the judge's rubric, with the scores that they are to get.
  private func judgeExamples(
    _ solutions: [ArithmeticTask.Solution], seed: UInt64
  ) throws -> [(prompt: String, response: String)] {
    guard let judging else { return [] }
    let answers = solutions.prefix(judging.answers).map { (prompt: $0.problem.prompt, response: $0.response) }
    return try judging.seeds.scores(answers, seed: StageSeed(seed: seed, round: 0)("judging"))
      .map { ($0.question, $0.reply) }
  }
}
