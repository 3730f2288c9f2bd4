import Autodiff
import Datasets

/// Learns what a base says of plain text: its distribution over the next token, and the next token itself.
///
///     L = (1 − λ) · T² · KL(softmax(z_base / T) ‖ softmax(z / T)) − λ · log softmax(z)[next]
///
/// The mean is over positions, each with its weight (Hinton and others 2015).
public struct Distillation: Objective {
  public let teacher: Teacher
  /// T: over 1, unlikely tokens are learnt from too.
  public let temperature: Float
  /// λ: the next token's part.
  public let nextTokenShare: Float

  public init(from teacher: Teacher, temperature: Float = 1, nextTokenShare: Float = 0) {
    precondition(temperature > 0 && (0...1).contains(nextTokenShare), "a temperature over 0, a share of 1")
    self.teacher = teacher
    self.temperature = temperature
    self.nextTokenShare = nextTokenShare
  }

  /// The names of what is measured besides the loss, both in nats a token.
  public enum MetricName {
    public static let divergence = "divergence"
    public static let nextToken = "next_token"
  }

  /// The loss is a sum of two, so it has no perplexity; the metric `next_token` would.
  public var isLikelihood: Bool { false }

  public func weight(of batch: TokenBatch) -> Double { NextToken().weight(of: batch) }

  public func loss(of batch: TokenBatch) -> TargetLoss { .weighted(batch.weights) }

  public var distillation: Distillation? { self }

  /// What is measured of a batch, from sums whose weights were scaled.
  func metrics(of sums: DivergenceLoss.Sums, scale: Double) -> [Metric] {
    guard scale > 0 else { return [] }
    return [
      Metric(MetricName.divergence, sums.divergence / scale),
      Metric(MetricName.nextToken, sums.nextToken / scale),
    ]
  }
}
