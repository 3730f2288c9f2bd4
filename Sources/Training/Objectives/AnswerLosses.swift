import Foundation

/// Losses that look at the two answers apart.
enum AnswerLosses {
  /// ORPO's penalty; Hong and others (2024), equations 4 and 7, of log-probabilities per token.
  ///
  ///     L = −λ log σ(log odds(y_w) − log odds(y_l)),   odds(y) = p(y) / (1 − p(y))
  ///
  /// - Returns: the loss and its derivatives with respect to both log-probabilities.
  static func oddsRatio(
    chosen: Double, rejected: Double, lambda: Double
  ) -> (value: Double, chosen: Double, rejected: Double) {
    let (chosen, rejected) = (logOdds(chosen), logOdds(rejected))
    let distance = chosen.value - rejected.value
    let slope = -lambda * MarginLosses.sigmoid(-distance)
    return (
      -lambda * MarginLosses.logSigmoid(distance), slope * chosen.slope, -slope * rejected.slope
    )
  }

  /// KTO's loss of a good example; Ethayarajh and others (2024), equation 7.
  ///
  ///     L = λ_D (1 − σ(β (r − z₀))),   r = log π(y|x)/π_ref(y|x)
  static func desirable(_ r: Double, baseline: Double, beta: Double, weight: Double) -> Sloped {
    let value = MarginLosses.sigmoid(beta * (r - baseline))
    return Sloped(value: weight * (1 - value), slope: -weight * beta * value * (1 - value))
  }

  /// KTO's loss of a bad example.
  ///
  ///     L = λ_U (1 − σ(β (z₀ − r)))
  static func undesirable(_ r: Double, baseline: Double, beta: Double, weight: Double) -> Sloped {
    let value = MarginLosses.sigmoid(beta * (baseline - r))
    return Sloped(value: weight * (1 - value), slope: weight * beta * value * (1 - value))
  }

  /// log p − log(1 − p), and its derivative 1/(1 − p), of a log-probability.
  private static func logOdds(_ logProbability: Double) -> Sloped {
    // What is certain has no odds; float32 rounds what is nearly certain to it.
    let logProbability = min(logProbability, -1e-7)
    let rest = -expm1(logProbability)
    return Sloped(value: logProbability - log(rest), slope: 1 / rest)
  }
}
