import Autodiff
import Datasets
import Models
import Tensors
import Tokenizers

/// A whole training run: a model, data, and a folder that the result goes to.
///
///     let tuning = FineTuning(model: model, data: data, training: options, output: output)
///     print(try tuning.plan(pool: pool, engine: engine).text)
///     try tuning.run(pool: pool, engine: engine, consumers: [ProgressBar()], stop: StopSignal())
public struct FineTuning {
  /// What to do about a run that was begun in the same folder.
  public enum Mode: Sendable, Hashable {
    /// Begin; refuse a folder in which another recipe has run, or this one isn't finished.
    case begin
    /// Go on from its newest whole state.
    case resume
    /// Begin, whatever was there.
    case overwrite

    /// Going on in a folder where a state lies, beginning in any other: for runs that are a stage of a larger one,
    /// which has the folder to itself.
    public static func goingOn(in folder: String) -> Mode {
      StepNames.steps(in: RunFolder(path: folder).statePath).isEmpty ? .overwrite : .resume
    }
  }

  /// Where a run's result goes, and what is kept of it.
  public struct Output: Sendable {
    /// The run's folder.
    public var folder: String
    public var mode: Mode
    /// The resolved recipe, kept beside the result.
    public var recipe: String
    /// How a whole model's weights are stored: float32, bfloat16 or float16.
    public var elementType: ElementType
    /// Written beside the model; nil when there is none.
    public var tokenizer: Tokenizer?
    /// Publish the checkpoint with the best validation loss rather than the latest.
    public var keepBest: Bool
    /// How many states are kept to resume from.
    public var keepStates: Int

    public init(
      folder: String, mode: Mode = .begin, recipe: String, elementType: ElementType = .float32,
      tokenizer: Tokenizer? = nil, keepBest: Bool = true, keepStates: Int = 2
    ) {
      self.folder = folder
      self.mode = mode
      self.recipe = recipe
      self.elementType = elementType
      self.tokenizer = tokenizer
      self.keepBest = keepBest
      self.keepStates = keepStates
    }
  }

  public let model: TunedModel
  public let data: any TrainingData
  /// What the loss is measured on while training; nil: nothing.
  public let validation: (any TrainingData)?
  /// Names the content of the data; a run over other content can't be resumed.
  public let dataFingerprint: String
  public let training: TrainingOptions
  public let objective: any Objective
  public let output: Output
  /// The paths of what is read besides the model that the run begins at, none of which it may write over.
  public let inputs: [String]

  public init(
    model: TunedModel, data: any TrainingData, validation: (any TrainingData)? = nil, dataFingerprint: String,
    training: TrainingOptions, objective: any Objective = NextToken(), output: Output, inputs: [String] = []
  ) {
    self.model = model
    self.data = data
    self.validation = validation
    self.dataFingerprint = dataFingerprint
    self.training = training
    self.objective = objective
    self.output = output
    self.inputs = inputs
  }

  /// What the run would do and take; reads the data once, writes nothing.
  ///
  /// - Throws: `TrainingError` when the data doesn't suit the model or the run can't fit the machine's memory.
  public func plan(pool: ThreadPool, engine: any MatrixEngine) throws -> RunPlan {
    let plan = try unchecked(pool: pool, engine: engine)
    try plan.memory.check(
      against: plan.availableBytes, options: training, isFull: model.method == .full)
    return plan
  }

  /// Throws what `run` would before it begins, so that nobody prepares a run that is refused.
  public func check(pool: ThreadPool, engine: any MatrixEngine) throws {
    let plan = try plan(pool: pool, engine: engine)
    try refuseOwnInput()
    try RunFolder(path: output.folder).check(
      recipe: output.recipe, mode: output.mode, totalSteps: plan.steps)
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - consumers: who follows the run besides its own logs.
  ///   - stop: asks for a stop from outside; the state is saved then.
  /// - Throws: what `plan` throws, and what reading or writing the run's folder throws.
  @discardableResult
  public func run(
    pool: ThreadPool, engine: any MatrixEngine, consumers: [any TrainingConsumer] = [],
    stop: StopSignal? = nil
  ) throws -> TrainingStop {
    let plan = try plan(pool: pool, engine: engine)
    let folder = RunFolder(path: output.folder)
    try refuseOwnInput()
    var warnings = try folder.open(
      recipe: output.recipe, mode: output.mode, totalSteps: plan.steps)

    let parameters = model.makeParameters(seed: training.seed)
    // Smaller batches than the planned ones may lie less well; address space costs nothing.
    let arena = try Arena(capacity: plan.memory.arenaBytes + plan.memory.arenaBytes / 8 + (1 << 20))
    let trainer = Trainer(
      .init(
        decoder: model.makeDecoder(parameters), parameters: parameters, data: data, validation: validation),
      options: training, objective: objective, compute: Compute(pool: pool, engine: engine, arena: arena))

    let store = StateStore(folder: folder.statePath, keeping: output.keepStates)
    let tunedFrom = model.tunedFrom
    let identity = StateStore.Identity(
      parameters: model.parametersFingerprint, data: dataFingerprint, model: tunedFrom?.fingerprint)
    if output.mode == .resume { warnings += try resume(trainer, from: store, identity: identity) }
    try folder.keep(recipe: output.recipe)

    let publisher = Publisher(
      folder: folder,
      output: CheckpointOutput(
        model: model, tunedFrom: tunedFrom, parameters: parameters, tokenizer: output.tokenizer,
        elementType: output.elementType, recipe: output.recipe, dataFingerprint: dataFingerprint,
        isLikelihood: objective.isLikelihood),
      keepsBest: output.keepBest && validation.map { $0.batchesPerEpoch > 0 } == true,
      state: { trainer.state })
    let own: [any TrainingConsumer] = [
      MetricsLog(path: folder.metricsPath), TensorBoardLog(folder: folder.path), publisher,
    ]
    return try trainer.run(own + consumers, warnings: warnings, stop: stop) { state in
      try store.save(state, identity: identity, arrays: trainer.arrays)
    }
  }

  /// Puts a trainer where the newest whole state left off.
  private func resume(
    _ trainer: Trainer, from store: StateStore, identity: StateStore.Identity
  ) throws -> [String] {
    let (stored, warnings) = try store.load()
    guard let stored else { return warnings + ["no state was saved yet: the run begins at its first step"] }
    guard stored.identity.parameters == identity.parameters else {
      throw TrainingError.otherRun(folder: store.folder, what: "parameters")
    }
    guard stored.identity.data == identity.data else {
      throw TrainingError.otherRun(folder: store.folder, what: "data")
    }
    // States of before don't say which model they began at.
    guard stored.identity.model == nil || stored.identity.model == identity.model else {
      throw TrainingError.otherRun(folder: store.folder, what: "model")
    }
    try store.restore(stored, into: trainer.arrays)
    trainer.resume(from: stored.state)
    return warnings
  }

  private func unchecked(pool: ThreadPool, engine: any MatrixEngine) throws -> RunPlan {
    func summary(_ data: any TrainingData) throws -> DataSummary {
      try DataSummary(
        scanning: data, vocabularySize: model.configuration.vocabularySize,
        contextLength: model.configuration.contextLength)
    }
    let summary = (data: try summary(data), validation: try validation.map(summary))
    guard summary.data.lossTokens > 0 else { throw TrainingError.nothingToLearn }
    let memory = try MemoryPlan(
      model, objective: objective, activationCheckpointing: training.activationCheckpointing,
      largestBatch: summary.data.largestBatch, largestValidationBatch: summary.validation?.largestBatch ?? 0,
      longestExample: max(summary.data.longestExample, summary.validation?.longestExample ?? 0),
      compute: Compute(pool: pool, engine: engine, arena: .planning()))
    let steps = StepPlan(
      training.length, batchesPerEpoch: data.batchesPerEpoch, accumulation: training.accumulation)
    let epochs = Double(steps.totalBatches) / Double(data.batchesPerEpoch)
    let trainable = model.trainableSlots.reduce(0) { $0 + $1.shape.count }
    return RunPlan(
      totalParameters: model.configuration.parameterCount + (model.method == .full ? 0 : trainable),
      trainableParameters: trainable, steps: steps.totalSteps, epochs: epochs, data: summary.data,
      // What is asked for may be more than a number holds.
      tokens: Int(min(epochs * Double(summary.data.tokens), 0x1p62).rounded()), memory: memory,
      availableBytes: MachineMemory.byteCount)
  }

  /// A run must not write over the model that it begins at, nor over anything else that it reads.
  private func refuseOwnInput() throws {
    var inputs = inputs
    switch model.start {
    case .pretrained(let checkpoint), .initialized(let checkpoint):
      inputs += [checkpoint.path, checkpoint.adapter?.basePath].compactMap { $0 }
    case .untrained: break
    }
    let folder = RunFolder(path: output.folder)
    guard !inputs.contains(where: folder.isOverwriting) else {
      throw TrainingError.outputIsInput(path: output.folder)
    }
  }
}
