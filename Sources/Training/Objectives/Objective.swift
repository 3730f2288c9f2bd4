import Datasets

/// What a run minimises: a small audited function of the log-probabilities that the model gives the targets (rule 6).
///
/// Its gradient reaches the logits as a weighted cross-entropy's, `∂L/∂z = w · (softmax(z) − onehot)` with
/// `w = −∂L/∂log p`: so one on preferences differs from the next token's in its weights alone, and one through a
/// proxy-tuned ensemble in the softmax alone. Distillation alone looks at more than the target.
public protocol Objective: Sendable {
  /// How much a batch counts: what the loss is averaged over.
  func weight(of batch: TokenBatch) -> Double

  /// How a batch's summed loss follows from the log-probabilities of its targets.
  func loss(of batch: TokenBatch) -> TargetLoss

  /// Whether the mean loss is a negative log-likelihood of tokens, so that it has a perplexity.
  var isLikelihood: Bool { get }

  /// The ensemble that the trained model's logits are part of; nil: they stand alone.
  var ensemble: Ensemble? { get }

  /// What is learnt of a base's distribution besides the targets; nil: nothing.
  var distillation: Distillation? { get }
}

extension Objective {
  public var isLikelihood: Bool { true }
  public var ensemble: Ensemble? { nil }
  public var distillation: Distillation? { nil }
}

/// How a summed loss follows from the log-probabilities of a batch's targets, one a position.
public enum TargetLoss {
  /// `Σ −w · log p`: the weights are known before the log-probabilities are, so the head runs once.
  case weighted([Float])
  /// Anything else: the head runs twice, first for the log-probabilities (0 where a position's loss doesn't count).
  case function((_ logProbabilities: [Double]) -> Evaluation)

  /// What such a function comes to.
  public struct Evaluation: Sendable {
    /// The summed loss.
    public var loss: Double
    /// −∂loss/∂log p at every position.
    public var weights: [Double]
    /// Sums of what is measured besides.
    public var metrics: [Metric]

    public init(loss: Double, weights: [Double], metrics: [Metric]) {
      self.loss = loss
      self.weights = weights
      self.metrics = metrics
    }
  }
}

/// A number that an objective measures besides its loss, under the name that logs give it.
public struct Metric: Sendable, Hashable {
  public var name: String
  public var value: Double

  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

extension [Metric] {
  /// Adds other sums to these, name by name.
  mutating func add(_ others: [Metric]) {
    for other in others {
      if let place = firstIndex(where: { $0.name == other.name }) {
        self[place].value += other.value
      } else {
        append(other)
      }
    }
  }

  /// The means of these sums.
  func divided(by weight: Double) -> [Metric] {
    weight > 0 ? map { Metric($0.name, $0.value / weight) } : self
  }
}
