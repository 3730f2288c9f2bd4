/// What a recipe may say of how a task asks, by its key.
public enum TaskKey: String, Sendable, Hashable, CaseIterable {
  case template
  case maximumTokens = "max_tokens"
  case sampling, interpreter, rule, stops
}

/// What a task is made with beside its rows.
public struct TaskOptions {
  public var presentation = Presentation.plain
  /// How answers of the plain task are compared.
  public var answerRule = AnswerRule.exact
  /// What ends answers of the plain task.
  public var stops = ["\n"]
  /// nil for what the task usually takes.
  public var maximumTokens: Int?
  /// nil for what the task usually takes.
  public var sampling: CodeSampling?
  public var seed: UInt64 = 0
  public var isolation = Sandbox.Isolation.namespaces
  /// The interpreter or compiler; nil for the system's own, or the one that PATH has.
  public var interpreter: String?
  public var judge: JudgeMaker?
  public var classifier: JudgeMaker?
  /// TruthfulQA's second judge.
  public var informationClassifier: JudgeMaker?

  /// Makes what judges or classifies; a model is asked by the form that the task has for it.
  public typealias JudgeMaker = (ModelJudge.Form) throws -> any AnswerJudge & AnswerClassifier

  public init() {}
}
