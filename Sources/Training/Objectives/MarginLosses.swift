import Foundation

/// A function's value and its derivative, at one place.
struct Sloped: Equatable {
  var value: Double
  var slope: Double
}

/// Losses of the margin h, by which the chosen answer is ahead of the rejected one.
///
///     h = log π(y_w|x)/π_ref(y_w|x) − log π(y_l|x)/π_ref(y_l|x)
///
/// Each gives L(h) and dL/dh.
enum MarginLosses {
  /// DPO with label smoothing ε; Rafailov and others (2023), equation 7, and Mitchell (2023).
  ///
  ///     L = −(1 − ε) log σ(βh) − ε log σ(−βh)
  static func sigmoid(_ h: Double, beta: Double, labelSmoothing epsilon: Double) -> Sloped {
    Sloped(
      value: -(1 - epsilon) * logSigmoid(beta * h) - epsilon * logSigmoid(-beta * h),
      slope: beta * (-(1 - epsilon) * sigmoid(-beta * h) + epsilon * sigmoid(beta * h)))
  }

  /// The hinge of SLiC (Zhao and others 2023) on DPO's margin; Liu and others (2023).
  ///
  ///     L = max(0, 1 − βh)
  static func hinge(_ h: Double, beta: Double) -> Sloped {
    Sloped(value: max(0, 1 - beta * h), slope: beta * h < 1 ? -beta : 0)
  }

  /// IPO; Azar and others (2023), equation 17, with β for τ.
  ///
  ///     L = (h − 1/(2β))²
  static func ipo(_ h: Double, beta: Double) -> Sloped {
    let distance = h - 1 / (2 * beta)
    return Sloped(value: distance * distance, slope: 2 * distance)
  }

  /// Robust DPO for a share ε of flipped labels; Chowdhury and others (2024).
  ///
  ///     L = (−(1 − ε) log σ(βh) + ε log σ(−βh)) / (1 − 2ε)
  static func robust(_ h: Double, beta: Double, labelSmoothing epsilon: Double) -> Sloped {
    Sloped(
      value: (-(1 - epsilon) * logSigmoid(beta * h) + epsilon * logSigmoid(-beta * h)) / (1 - 2 * epsilon),
      slope: beta * (-(1 - epsilon) * sigmoid(-beta * h) - epsilon * sigmoid(beta * h)) / (1 - 2 * epsilon))
  }

  /// SimPO, where h is without a reference and per token; Meng and others (2024), equation 6.
  ///
  ///     L = −log σ(βh − γ)
  static func simpo(_ h: Double, beta: Double, margin gamma: Double) -> Sloped {
    Sloped(value: -logSigmoid(beta * h - gamma), slope: -beta * sigmoid(gamma - beta * h))
  }

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// log σ(x), exact far from 0 too.
  static func logSigmoid(_ x: Double) -> Double { min(x, 0) - log1p(exp(-abs(x))) }
}
