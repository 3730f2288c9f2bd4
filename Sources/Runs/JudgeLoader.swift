import Evaluation
import Models
import Proxy
import Recipes
import Tensors

/// The judges and classifiers of an evaluation; a model is loaded when a task first needs it, and once for all of them.
final class JudgeLoader {
  private let compute: Compute
  private var models: [String: LoadedModel] = [:]

  init(compute: Compute) { self.compute = compute }

  /// Makes what the recipe names, by the form that a task has for it; nil where it names nothing.
  func maker(_ judge: EvaluationRecipe.Judge?) -> TaskOptions.JudgeMaker? {
    judge.map { judge in { form in try self.make(judge, form: form) } }
  }

  private func make(
    _ judge: EvaluationRecipe.Judge, form: ModelJudge.Form
  ) throws -> any AnswerJudge & AnswerClassifier {
    switch judge {
    case .command(let command): return CommandJudge(command)
    case .http(let address, let timeout, let attempts):
      var options = RetryOptions()
      options.timeout = timeout
      options.attempts = attempts
      return try HTTPJudge(address, options: options)
    case .model(let path):
      let loaded = try models[path] ?? LoadedModel(path: path, compute: compute)
      models[path] = loaded
      return ModelJudge(
        loaded.languageModel, tokenizer: try loaded.requireTokenizer(), form: form,
        modelFingerprint: "\(loaded.checkpoint.fingerprint)")
    }
  }
}
