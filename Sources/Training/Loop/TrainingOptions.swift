/// How a run trains, whatever the model and the data.
public struct TrainingOptions: Sendable, Hashable {
  /// How long a run is.
  public enum Length: Sendable, Hashable {
    /// So many updates of the parameters.
    case steps(Int)
    /// So many passes over the data; the last step takes what is left.
    case epochs(Double)
  }

  public var length: Length
  public var learningRate: LearningRate
  public var optimizer: Optimizer.Options
  /// How many batches make one step; their gradients are summed, weighted by loss tokens.
  public var accumulation: Int
  /// How many standard deviations above the recent ones a loss or a gradient norm may lie before the step is
  /// skipped; nil: only what isn't finite is skipped.
  public var outlierLimit: Double?
  /// Keep only each layer's input for the backward pass: less memory, a third more work.
  public var activationCheckpointing: Bool
  /// What dropout draws from.
  public var seed: UInt64
  /// Validate after every so many steps, and at the end; nil: at the end only.
  public var validateEvery: Int?
  /// Save the state after every so many steps, and at the end; nil: at the end only.
  public var saveEvery: Int?

  public init(
    length: Length = .epochs(1), learningRate: LearningRate,
    optimizer: Optimizer.Options = Optimizer.Options(),
    accumulation: Int = 1, outlierLimit: Double? = 8,
    activationCheckpointing: Bool = false, seed: UInt64 = 0, validateEvery: Int? = nil, saveEvery: Int? = nil
  ) {
    self.length = length
    self.learningRate = learningRate
    self.optimizer = optimizer
    self.accumulation = accumulation
    self.outlierLimit = outlierLimit
    self.activationCheckpointing = activationCheckpointing
    self.seed = seed
    self.validateEvery = validateEvery
    self.saveEvery = saveEvery
  }
}
