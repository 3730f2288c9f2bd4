import Foundation

/// What the loop tells its consumers (rule 9).
public enum TrainingEvent: Sendable {
  /// The run begins, or goes on after an interruption.
  case started(TrainingStart)
  /// A step was taken.
  case step(TrainingStep)
  /// A step's gradient was thrown away; the parameters are as they were.
  case skipped(SkippedStep)
  /// The loss on data that the run doesn't learn from.
  case validation(Validation)
  /// A state from which the run can be resumed is on the disk.
  case saved(step: Int, path: String)
  /// The run is over.
  case stopped(TrainingStop)
}

/// How a run begins.
public struct TrainingStart: Sendable, Hashable {
  /// How many steps were done before: 0, or where the state that is resumed was saved.
  public var step: Int
  public var totalSteps: Int
  public var trainableParameters: Int
  /// What was found wrong while resuming, such as a torn state that was passed over.
  public var warnings: [String]

  public init(step: Int, totalSteps: Int, trainableParameters: Int, warnings: [String] = []) {
    self.step = step
    self.totalSteps = totalSteps
    self.trainableParameters = trainableParameters
    self.warnings = warnings
  }
}

/// One update of the parameters, and what it saw.
public struct TrainingStep: Sendable, Hashable {
  /// Counted from 1: how many steps are done after it.
  public var step: Int
  public var totalSteps: Int
  public var epoch: Double
  /// The mean loss per loss token (weighted), in nats; on preferences, per pair.
  public var loss: Double
  public var learningRate: Double
  /// The L2 norm of the whole gradient before clipping.
  public var gradientNorm: Double
  /// Tokens that went through the model, and those of them that counted in the loss, in this step.
  public var tokens: Int
  public var lossTokens: Int
  /// Wall time of this step.
  public var seconds: Double
  /// What the objective measured besides, as means.
  public var metrics: [Metric]

  public init(
    step: Int, totalSteps: Int, epoch: Double, loss: Double, learningRate: Double, gradientNorm: Double,
    tokens: Int, lossTokens: Int, seconds: Double, metrics: [Metric] = []
  ) {
    self.step = step
    self.totalSteps = totalSteps
    self.epoch = epoch
    self.loss = loss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.tokens = tokens
    self.lossTokens = lossTokens
    self.seconds = seconds
    self.metrics = metrics
  }
}

/// A step whose gradient was thrown away, and why.
public struct SkippedStep: Sendable, Hashable {
  /// Why a step isn't trusted.
  public enum Reason: Sendable, Hashable {
    /// None of its tokens counts in the loss.
    case noLossTokens
    /// The loss or the gradient is NaN or infinite.
    case notFinite
    /// The loss lies this many standard deviations above the recent ones.
    case unusualLoss(score: Double)
    /// The gradient's norm lies this many standard deviations above the recent ones.
    case unusualGradient(score: Double)
  }

  /// Counted from 1, like `TrainingStep.step`.
  public var step: Int
  public var reason: Reason
  public var loss: Double
  public var gradientNorm: Double

  public init(step: Int, reason: Reason, loss: Double, gradientNorm: Double) {
    self.step = step
    self.reason = reason
    self.loss = loss
    self.gradientNorm = gradientNorm
  }
}

/// The loss on the validation data after some step.
public struct Validation: Sendable, Hashable {
  /// How many steps were done before it.
  public var step: Int
  /// The mean loss per loss token (weighted), in nats; on preferences, per pair.
  public var loss: Double
  /// The validations before this one, oldest first.
  public var history: [ValidationPoint]
  public var seconds: Double
  /// What the objective measured besides, as means.
  public var metrics: [Metric]
  /// Whether the loss is a negative log-likelihood of tokens.
  public var isLikelihood: Bool

  public init(
    step: Int, loss: Double, history: [ValidationPoint], seconds: Double, metrics: [Metric] = [],
    isLikelihood: Bool = true
  ) {
    self.step = step
    self.loss = loss
    self.history = history
    self.seconds = seconds
    self.metrics = metrics
    self.isLikelihood = isLikelihood
  }

  /// e to the loss: how many tokens the model hesitates between; nil where the loss is no likelihood.
  public var perplexity: Double? { isLikelihood ? exp(loss) : nil }
  /// Whether it is better than every validation before; what isn't finite never is.
  public var isBest: Bool { loss.isFinite && history.allSatisfy { !($0.loss <= loss) } }
}

/// A validation loss and the step it was measured after.
public struct ValidationPoint: Sendable, Hashable {
  public var step: Int
  public var loss: Double

  public init(step: Int, loss: Double) {
    self.step = step
    self.loss = loss
  }

  /// e to the loss: how many tokens the model hesitates between.
  public var perplexity: Double { exp(loss) }
}

/// How a run ends.
public struct TrainingStop: Sendable, Hashable {
  /// Why no more steps are taken.
  public enum Reason: Sendable, Hashable {
    /// Every step is done.
    case finished
    /// A consumer asked for it, and why.
    case requested(String)
    /// The process was told to stop (Ctrl-C); the state is saved.
    case interrupted
  }

  public var reason: Reason
  /// How many steps are done.
  public var step: Int

  public init(reason: Reason, step: Int) {
    self.reason = reason
    self.step = step
  }
}
