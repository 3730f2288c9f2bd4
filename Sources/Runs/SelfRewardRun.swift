import Evaluation
import Formats
import Foundation
import Models
import Recipes
import SelfReward
import Tensors
import Training

/// A self-rewarding recipe brought to life: models loaded, arms and rounds run, the result written.
public struct SelfRewardRun {
  public let recipe: SelfRewardRecipe
  private let compute: Compute
  private let say: (String) -> Void

  /// - Parameters:
  ///   - isResuming: Whether a run of the same recipe that lies in the output folder is gone on with.
  ///   - say: Is told what happens, for people.
  /// - Throws: `SelfRewardLoopError.folderInUse` when a run lies there, `otherRecipe` when it is another one's.
  public init(_ recipe: SelfRewardRecipe, isResuming: Bool, say: @escaping (String) -> Void) throws {
    self.recipe = recipe
    self.say = say
    compute = try Compute(threads: recipe.threads, precision: recipe.precision.tensorPrecision)
    try OutputFolder.claim(recipe.output, recipe: recipe.yaml, isResuming: isResuming) { found, path in
      guard var other = try? SelfRewardRecipe(yaml: found, path: path) else { return false }
      // Threads change no bit, and the gate decides whether rounds begin, not what they make.
      other.threads = recipe.threads
      other.gate = recipe.gate
      return other == recipe
    }
  }

  /// Runs every arm of every seed.
  ///
  /// - Parameter consumers: Who follows each training.
  /// - Throws: `SelfRewardLoopError.interrupted` when a stop was asked for; `gateClosed` when the audit falls short.
  public func run(
    consumers: @escaping () -> [any TrainingConsumer] = { [] }, stop: StopSignal? = nil
  ) throws -> ExperimentResult {
    let checkpoint = try Checkpoint.load(recipe.model.path)
    try recipe.candidates.generator.check()
    try recipe.judge.check()
    let method = try recipe.model.method(over: checkpoint)
    let options = recipe.options(method: method, maximumLength: checkpoint.configuration.contextLength)
    let tuning = StartTuning(
      base: recipe.model.path, task: recipe.arithmetic, examples: recipe.start.examples,
      judging: recipe.startJudging, training: recipe.start.training.options(seed: 0), method: method,
      batchTokens: recipe.start.training.batchTokens, template: recipe.model.template, recipe: recipe.yaml,
      compute: compute)
    let crew = Experiment.Crew(
      start: { seed, folder in
        try tuning.start(seed: seed, folder: folder, stop: stop, consumers: consumers())
      },
      policies: { start in
        PolicyLoader(
          base: recipe.model.path, start: start, template: recipe.model.template, compute: compute)
      },
      reward: { try recipe.judge.roundJudge($0, current: $1) },
      training: { start in
        RoundTraining(
          options: options.loop.training, examples: start.examples, recipe: recipe.yaml,
          template: recipe.model.template, compute: compute, consumers: consumers)
      })
    let experiment = Experiment(
      options, folder: recipe.output, problems: recipe.arithmetic,
      oracle: Oracle(of: recipe.arithmetic, for: options), crew: crew, stop: stop, say: say)
    let result = try experiment.run()
    try AtomicFile.write(result.json.text(pretty: true) + "\n", to: resultPath)
    try AtomicFile.write(result.oracleLog.text(pretty: true) + "\n", to: recipe.output + "/oracle-log.json")
    try AtomicFile.write(
      SelfRewardReport(title: "Self-rewarding rounds: \(name)", result: result).html, to: reportPath)
    return result
  }

  /// What the output folder is called.
  private var name: String { URL(fileURLWithPath: recipe.output).lastPathComponent }

  public var resultPath: String { recipe.output + "/result.json" }
  public var reportPath: String { recipe.output + "/report.html" }
}
