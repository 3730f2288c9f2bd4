import Datasets
import Formats
import Foundation
import Models
import Recipes
import SelfReward
import Tensors
import Tokenizers
import Training

/// A self-rewarding recipe on instructions brought to life: data read, models tuned, rounds run, the result written.
public struct InstructionRun {
  public let recipe: InstructionRecipe
  private let compute: Compute
  private let say: (String) -> Void

  /// - Parameters:
  ///   - isResuming: Whether a run of the same recipe that lies in the output folder is gone on with.
  ///   - say: Is told what happens, for people.
  /// - Throws: `SelfRewardLoopError.folderInUse` when a run lies there, `otherRecipe` when it is another one's.
  public init(_ recipe: InstructionRecipe, isResuming: Bool, say: @escaping (String) -> Void) throws {
    self.recipe = recipe
    self.say = say
    compute = try Compute(threads: recipe.threads, precision: recipe.precision.tensorPrecision)
    try OutputFolder.claim(recipe.output, recipe: recipe.yaml, isResuming: isResuming) { found, path in
      guard var other = try? InstructionRecipe(yaml: found, path: path) else { return false }
      // Threads change no bit.
      other.threads = recipe.threads
      return other == recipe
    }
  }

  /// Runs every stage that isn't finished.
  ///
  /// - Parameter consumers: Who follows each training.
  /// - Throws: `SelfRewardLoopError.interrupted` when a stop was asked for; `noPairs` when the first round has nothing to
  ///   learn from.
  public func run(
    consumers: @escaping () -> [any TrainingConsumer] = { [] }, stop: StopSignal? = nil
  ) throws -> InstructionResult {
    let checkpoint = try Checkpoint.load(recipe.model.path)
    for role in [recipe.writer.role, recipe.candidates.generator] { try role.check() }
    try recipe.judge.check()
    for judge in recipe.agreement.judges { try judge.check() }
    if let ranked = recipe.judgeData.ranked.path { _ = try RankedAnswers.read(path: ranked) }
    let method = try recipe.model.method(over: checkpoint)
    let options = try recipe.options(method: method, context: checkpoint.configuration.contextLength)
    let answers = try CorruptionSeeds.answers(
      dataset: recipe.task.path, split: recipe.task.split, limit: recipe.task.limit
    ).map { InstructionAnswer(prompt: $0.prompt, response: $0.response) }
    guard answers.count > recipe.task.validation else {
      throw SelfRewardError.badRecord(
        path: recipe.task.path, line: nil,
        reason: "the split \(recipe.task.split) has \(answers.count) instructions with answers, and "
          + "task.validation holds out \(recipe.task.validation) of them")
    }
    let experiment = try InstructionExperiment(
      options, folder: recipe.output, answers: answers,
      crew: try crew(options, method: method, consumers: consumers), stop: stop, say: say)
    let result = try experiment.run()
    try AtomicFile.write(result.json.text(pretty: true) + "\n", to: resultPath)
    try AtomicFile.write(
      InstructionReport(title: "Self-rewarding rounds: \(name)", result: result).html, to: reportPath)
    return result
  }

  private func crew(
    _ options: InstructionOptions, method: TunedModel.Method,
    consumers: @escaping () -> [any TrainingConsumer]
  ) throws -> InstructionExperiment.Crew {
    let tokenizer = try Tokenizer.load(path: recipe.model.path)
    return InstructionExperiment.Crew(
      baseline: stage(recipe.baseline, method), start: stage(recipe.start, method),
      renderer: ExampleRenderer(
        tokenizer: tokenizer,
        template: try PromptTemplate.named(
          recipe.model.template, chatTemplate: tokenizer.chatTemplate, kind: .task)),
      policies: { start in
        PolicyLoader(
          base: recipe.model.path, start: start, template: recipe.model.template, compute: compute)
      },
      reward: { try recipe.judge.roundJudge($0, current: $1) },
      agreementJudges: { policies, model in
        let judge = try policies.policy(.current, current: model)
        return try recipe.agreement.judges.map {
          try $0.specification.roundJudge(judge) { try policies.policy(.base, current: model) }
        }
      },
      training: { start in
        RoundTraining(
          options: options.loop.training, examples: start.examples, recipe: recipe.yaml,
          template: recipe.model.template, compute: compute, consumers: consumers)
      }, consumers: consumers)
  }

  private func stage(_ training: Recipe.Training, _ method: TunedModel.Method) -> SupervisedStage {
    SupervisedStage(
      base: recipe.model.path, training: training.options(seed: 0), method: method,
      batchTokens: training.batchTokens, recipe: recipe.yaml, compute: compute)
  }

  /// What the output folder is called.
  private var name: String { URL(fileURLWithPath: recipe.output).lastPathComponent }

  public var resultPath: String { recipe.output + "/result.json" }
  public var reportPath: String { recipe.output + "/report.html" }
}
