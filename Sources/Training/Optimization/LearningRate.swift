/// How the learning rate runs, in terms that don't need to know how long the run is.
public struct LearningRate: Sendable, Hashable {
  /// The curve's name.
  public enum Curve: String, Sendable, Hashable, CaseIterable {
    case constant, linear, cosine
    case warmupStableDecay = "warmup-stable-decay"
  }

  /// A stretch of a run.
  public enum Stretch: Sendable, Hashable {
    case steps(Int)
    /// A share of all steps, 0 … 1.
    case share(Double)

    func steps(of total: Int) -> Int {
      switch self {
      case .steps(let count): count
      case .share(let share): Int((share * Double(total)).rounded())
      }
    }
  }

  public var curve: Curve
  /// The highest rate.
  public var peak: Double
  /// The stretch in which the rate rises to the peak.
  public var warmup: Stretch
  /// The stretch at the end in which a warmup-stable-decay curve falls.
  public var decay: Stretch
  /// The lowest rate after the warm-up, as a share of the peak.
  public var minimumRatio: Double

  public init(
    _ curve: Curve = .cosine, peak: Double, warmup: Stretch = .steps(0), decay: Stretch = .share(0.2),
    minimumRatio: Double = 0
  ) {
    self.curve = curve
    self.peak = peak
    self.warmup = warmup
    self.decay = decay
    self.minimumRatio = minimumRatio
  }

  /// The rate step by step, for a run of so many.
  public func schedule(totalSteps: Int) -> Schedule {
    let shape: Schedule.Curve =
      switch curve {
      case .constant: .constant
      case .linear: .linear
      case .cosine: .cosine
      case .warmupStableDecay: .warmupStableDecay(decaySteps: decay.steps(of: totalSteps))
      }
    return Schedule(
      shape, peak: peak, warmupSteps: warmup.steps(of: totalSteps), totalSteps: totalSteps,
      minimumRatio: minimumRatio)
  }
}
