import Datasets

/// Learns to prefer one answer to another, from pairs whose answers are segments of one batch.
///
/// The loss is the mean over pairs of `w · L(pair)`; a pair's weight w scales every term.
public struct PreferenceObjective: Objective {
  public let options: PreferenceOptions

  public init(_ options: PreferenceOptions = PreferenceOptions()) { self.options = options }

  /// The names that users of TRL know.
  public enum MetricName {
    public static let chosenReward = "rewards/chosen"
    public static let rejectedReward = "rewards/rejected"
    public static let accuracy = "rewards/accuracies"
    public static let margin = "rewards/margins"
    public static let chosenLogProbability = "logps/chosen"
    public static let rejectedLogProbability = "logps/rejected"
    public static let baseline = "kl"
  }

  public var isLikelihood: Bool { false }

  public func weight(of batch: TokenBatch) -> Double { Double(batch.pairs.count) }

  public func loss(of batch: TokenBatch) -> TargetLoss {
    .function { evaluate(batch, logProbabilities: $0) }
  }

  private func evaluate(_ batch: TokenBatch, logProbabilities: [Double]) -> TargetLoss.Evaluation {
    let sums = batch.sumsOfSegments(logProbabilities)
    func answer(_ segment: Int, reference: Double?) -> AnswerLikelihood {
      AnswerLikelihood(
        policy: sums[segment], reference: reference ?? 0,
        tokens: batch.segments[segment].count { batch.weights[$0] != 0 })
    }
    let baseline = baseline(of: batch.pairs, answer)
    var evaluation = TargetLoss.Evaluation(
      loss: 0, weights: [Double](repeating: 0, count: batch.count), metrics: [])
    for pair in batch.pairs {
      precondition(pair.reference != nil || !options.loss.needsReference, "a reference must be scored first")
      let likelihoods = PairLikelihoods(
        chosen: answer(pair.chosen, reference: pair.reference?.chosen),
        rejected: answer(pair.rejected, reference: pair.reference?.rejected), baseline: baseline)
      let loss = options.loss(of: likelihoods)
      evaluation.loss += pair.weight * loss.value
      for (segment, derivative) in [(pair.chosen, loss.chosen), (pair.rejected, loss.rejected)] {
        for position in batch.segments[segment] {
          evaluation.weights[position] -= pair.weight * derivative * Double(batch.weights[position])
        }
      }
      evaluation.metrics.add(metrics(of: likelihoods))
    }
    return evaluation
  }

  /// KTO's z₀ = max(0, mean of log π/π_ref over answers to other prompts), which no gradient flows through.
  ///
  /// Per token where the answers' own ratios are.
  private func baseline(
    of pairs: [SegmentPair], _ answer: (_ segment: Int, _ reference: Double?) -> AnswerLikelihood
  ) -> Double {
    guard options.loss.needsMismatches, !pairs.isEmpty else { return 0 }
    let ratios = pairs.map { pair in
      guard let segment = pair.mismatched, let reference = pair.reference?.mismatched else {
        preconditionFailure("KTO's batches hold mismatched answers")
      }
      let mismatched = answer(segment, reference)
      return options.logRatio(mismatched) / options.divisor(mismatched)
    }
    return max(0, ratios.reduce(0, +) / Double(pairs.count))
  }

  /// Without a reference TRL's rewards and log-probabilities are per token, with one they are sums.
  private func metrics(of pair: PairLikelihoods) -> [Metric] {
    func divisor(_ answer: AnswerLikelihood) -> Double {
      options.loss.needsReference ? 1 : Double(answer.tokens)
    }
    let chosen = options.beta * options.logRatio(pair.chosen) / divisor(pair.chosen)
    let rejected = options.beta * options.logRatio(pair.rejected) / divisor(pair.rejected)
    let metrics = [
      Metric(MetricName.chosenReward, chosen), Metric(MetricName.rejectedReward, rejected),
      Metric(MetricName.accuracy, chosen > rejected ? 1 : 0), Metric(MetricName.margin, chosen - rejected),
      Metric(MetricName.chosenLogProbability, pair.chosen.policy / divisor(pair.chosen)),
      Metric(MetricName.rejectedLogProbability, pair.rejected.policy / divisor(pair.rejected)),
    ]
    return options.loss.needsMismatches ? metrics + [Metric(MetricName.baseline, pair.baseline)] : metrics
  }
}

extension TokenBatch {
  /// The log-probability of each segment's answer, given that of every position's target.
  func sumsOfSegments(_ logProbabilities: [Double]) -> [Double] {
    segments.map { $0.reduce(0) { $0 + Double(weights[$1]) * logProbabilities[$1] } }
  }
}
