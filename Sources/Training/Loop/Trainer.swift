import Autodiff
import Datasets
import Models
import Tensors

/// The loop: batches in, updated parameters and events out (rule 9).
///
/// Each step is a pure function of the state before it, so a run that is interrupted anywhere and resumed ends with
/// the same bits as one that wasn't, on any number of threads.
public final class Trainer {
  /// What a trainer works on.
  public struct Subject {
    /// The decoder over the variables of `parameters`, and of frozen weights if those are an adapter's.
    public let decoder: Decoder
    public let parameters: TrainableParameters
    public let data: any TrainingData
    /// What the loss is measured on while training; every batch of one epoch.
    public let validation: (any TrainingData)?

    public init(
      decoder: Decoder, parameters: TrainableParameters, data: any TrainingData,
      validation: (any TrainingData)? = nil
    ) {
      self.decoder = decoder
      self.parameters = parameters
      self.data = data
      self.validation = validation
    }
  }

  /// Steps in a row that may be skipped before the run counts as diverged.
  private static let skippedInARowLimit = 10

  public private(set) var state = TrainingState()
  public let totalSteps: Int
  private let subject: Subject
  private let options: TrainingOptions
  private let compute: Compute
  private let steps: StepPlan
  private let schedule: Schedule
  private let optimizer: Optimizer
  private let pass: LossPass

  public init(
    _ subject: Subject, options: TrainingOptions, objective: any Objective = NextToken(), compute: Compute
  ) {
    self.subject = subject
    self.options = options
    self.compute = compute
    steps = StepPlan(
      options.length, batchesPerEpoch: subject.data.batchesPerEpoch, accumulation: options.accumulation)
    totalSteps = steps.totalSteps
    schedule = options.learningRate.schedule(totalSteps: steps.totalSteps)
    optimizer = Optimizer(options.optimizer, for: subject.parameters)
    pass = LossPass(
      decoder: subject.decoder, objective: objective,
      activationCheckpointing: options.activationCheckpointing)
  }

  /// Everything that a state holds as arrays, by name.
  var arrays: [(name: String, values: Tensor)] {
    [
      ("parameters", subject.parameters.values), ("first_moments", optimizer.firstMoments),
      ("second_moments", optimizer.secondMoments),
    ]
  }

  /// Goes on from a state, whose arrays have been put back already.
  func resume(from state: TrainingState) { self.state = state }

  /// Trains until every step is done, a consumer asks for a stop, or `stop` is requested.
  ///
  /// - Parameters:
  ///   - warnings: what people should be told at the start.
  ///   - save: writes the state to the disk and returns where; called for every state to keep.
  public func run(
    _ consumers: [any TrainingConsumer] = [], warnings: [String] = [], stop: StopSignal? = nil,
    save: ((TrainingState) throws -> String)? = nil
  ) throws -> TrainingStop {
    var saved = state
    func emit(_ event: TrainingEvent) throws {
      for consumer in consumers {
        guard case .stop(let reason) = try consumer.receive(event), state.stopReason == nil else { continue }
        state.stopReason = reason
      }
    }
    func saveState() throws {
      guard let save, saved != state else { return }
      saved = state
      try emit(.saved(step: state.step, path: try save(state)))
    }
    func end(_ reason: TrainingStop.Reason) throws -> TrainingStop {
      try saveState()
      let stop = TrainingStop(reason: reason, step: state.step)
      try emit(.stopped(stop))
      return stop
    }

    try emit(
      .started(
        TrainingStart(
          step: state.step, totalSteps: totalSteps, trainableParameters: subject.parameters.parameterCount,
          warnings: warnings)))
    while state.step < totalSteps, state.stopReason == nil {
      if stop?.isRequested == true { return try end(.interrupted) }
      try emit(try takeStep())
      if isDue(options.validateEvery), let validation = try validate() { try emit(.validation(validation)) }
      if isDue(options.saveEvery) { try saveState() }
    }
    return try end(state.stopReason.map { .requested($0) } ?? .finished)
  }

  /// Whether something that happens every so many steps, and at the end, happens now.
  private func isDue(_ interval: Int?) -> Bool {
    state.step == totalSteps || interval.map { state.step % $0 == 0 } == true
  }

  // MARK: - One step

  private func takeStep() throws -> TrainingEvent {
    let clock = Stopwatch()
    let numbers = steps.batches(ofStep: state.step)
    let batches = try numbers.map(subject.data.batch)
    let weight = batches.reduce(0) { $0 + pass.objective.weight(of: $1) }
    var (loss, metrics) = (0.0, [Metric]())
    optimizer.clearGradients(with: compute)
    // Every loss token, or pair, weighs the same, in whichever of the step's batches it is.
    for (number, batch) in zip(numbers, batches) {
      let tape = Tape(compute: compute, isRecording: true)
      let key = DropoutKey(seed: options.seed, step: number)
      let sums = try pass.sums(of: batch, scale: weight == 0 ? 0 : 1 / weight, on: tape, dropout: key)
      loss += sums.loss
      metrics.add(sums.metrics)
    }
    let norm = optimizer.gradientNorm(with: compute)
    let learningRate = schedule.learningRate(at: state.step)
    let tokens = batches.reduce(0) { $0 + $1.count }
    let lossTokens = batches.reduce(0) { $0 + $1.lossTokenCount }
    let distrust = weight == 0 ? .noLossTokens : judge(loss: loss, norm: norm)
    state.step += 1
    state.tokens += tokens
    state.lossTokens += lossTokens
    if let distrust {
      return try skip(SkippedStep(step: state.step, reason: distrust, loss: loss, gradientNorm: norm))
    }
    state.skippedInARow = 0
    state.updates += 1
    state.loss = loss
    optimizer.update(learningRate: learningRate, gradientNorm: norm, update: state.updates, with: compute)
    let epoch = Double(numbers.upperBound) / Double(max(1, subject.data.batchesPerEpoch))
    return .step(
      TrainingStep(
        step: state.step, totalSteps: totalSteps, epoch: epoch, loss: loss, learningRate: learningRate,
        gradientNorm: norm, tokens: tokens, lossTokens: lossTokens, seconds: clock.seconds,
        metrics: metrics.divided(by: weight)))
  }

  /// Why a step isn't to be trusted; nil when it is.
  private func judge(loss: Double, norm: Double) -> SkippedStep.Reason? {
    guard loss.isFinite, norm.isFinite else { return .notFinite }
    defer {
      state.recentLosses.record(loss)
      state.recentGradientNorms.record(norm)
    }
    guard let limit = options.outlierLimit else { return nil }
    if let score = state.recentLosses.score(loss), score > limit { return .unusualLoss(score: score) }
    if let score = state.recentGradientNorms.score(norm), score > limit {
      return .unusualGradient(score: score)
    }
    return nil
  }

  private func skip(_ step: SkippedStep) throws -> TrainingEvent {
    if step.reason != .noLossTokens { state.skippedInARow += 1 }
    guard state.skippedInARow < Self.skippedInARowLimit else {
      throw TrainingError.diverged(step: step.step, skipped: state.skippedInARow)
    }
    return .skipped(step)
  }

  // MARK: - Validation

  /// The mean loss over the validation data, which nothing of the run depends on but early stop and the best.
  private func validate() throws -> Validation? {
    guard let data = subject.validation, data.batchesPerEpoch > 0 else { return nil }
    let clock = Stopwatch()
    var (loss, weight, metrics) = (0.0, 0.0, [Metric]())
    for number in 0..<data.batchesPerEpoch {
      let batch = try data.batch(number)
      let sums = try pass.sums(of: batch, scale: 1, on: Tape(compute: compute, isRecording: false))
      loss += sums.loss
      metrics.add(sums.metrics)
      weight += pass.objective.weight(of: batch)
    }
    let history = state.validations
    let point = ValidationPoint(step: state.step, loss: weight > 0 ? loss / weight : 0)
    state.validations.append(point)
    return Validation(
      step: point.step, loss: point.loss, history: history, seconds: clock.seconds,
      metrics: metrics.divided(by: weight), isLikelihood: pass.objective.isLikelihood)
  }
}
