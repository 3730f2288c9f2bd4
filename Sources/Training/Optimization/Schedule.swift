import Foundation

/// The learning rate as a pure function of the step, so that resuming needs no hidden state (rule 10).
///
/// The curves are those of transformers' `get_*_schedule_with_warmup`: step 0 of a warm-up has rate 0, and the
/// first step after it has the peak.
public struct Schedule: Sendable, Hashable {
  /// How the rate falls after the warm-up.
  public enum Curve: Sendable, Hashable {
    /// It stays at the peak.
    case constant
    /// A straight line down to the minimum.
    case linear
    /// Half a cosine down to the minimum.
    case cosine
    /// It stays at the peak until the last `decaySteps` steps, then falls in a straight line to the minimum.
    case warmupStableDecay(decaySteps: Int)
  }

  public var curve: Curve
  /// The highest learning rate.
  public var peak: Double
  /// How many steps the rate rises from 0 to the peak.
  public var warmupSteps: Int
  /// How many steps the run has in all, the warm-up included.
  public var totalSteps: Int
  /// The lowest rate after the warm-up, as a share of the peak (0 … 1).
  public var minimumRatio: Double

  public init(
    _ curve: Curve = .cosine, peak: Double, warmupSteps: Int = 0, totalSteps: Int, minimumRatio: Double = 0
  ) {
    precondition(warmupSteps >= 0 && totalSteps >= 0 && (0...1).contains(minimumRatio))
    self.curve = curve
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
    self.minimumRatio = minimumRatio
  }

  /// The rate for the update of a step, counted from 0.
  public func learningRate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step) / Double(warmupSteps) }
    return peak * (minimumRatio + (1 - minimumRatio) * height(at: step))
  }

  /// How high above the minimum the curve is: 1 at the peak, 0 at the end.
  private func height(at step: Int) -> Double {
    switch curve {
    case .constant:
      return 1
    case .linear:
      return 1 - progress(at: step, from: warmupSteps)
    case .cosine:
      return 0.5 * (1 + cos(.pi * progress(at: step, from: warmupSteps)))
    case .warmupStableDecay(let decaySteps):
      return 1 - progress(at: step, from: max(warmupSteps, totalSteps - decaySteps))
    }
  }

  /// How much of the way from `start` to the end lies behind: 0 … 1.
  private func progress(at step: Int, from start: Int) -> Double {
    guard step > start else { return 0 }
    return min(1, Double(step - start) / Double(max(1, totalSteps - start)))
  }
}
