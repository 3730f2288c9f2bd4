import Autodiff
import Datasets
import Models
import Tensors

/// The memory that a run needs, by part, found by running a step over an arena that only takes notes (rule 3).
public struct MemoryPlan: Sendable, Hashable {
  /// What memory is for.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// Frozen weights as they are stored, and the parameters being learnt in float32.
    case weights
    /// The gradients of the parameters.
    case gradients
    /// AdamW's two moments.
    case optimizer = "optimizer state"
    /// What forward passes keep for backward ones, and the gradients that flow between operations.
    case activations
    /// Scratch within operations, the head's logits among it, and what fragmentation costs.
    case workspace
  }

  public let bytes: [Part: Int]
  /// The extent of the step's arena.
  public let arenaBytes: Int
  /// Every part together.
  public var total: Int { bytes.values.reduce(0, +) }
  /// The part that takes the most.
  public var largestPart: Part { Part.allCases.max { (bytes[$0] ?? 0) < (bytes[$1] ?? 0) } ?? .weights }

  /// Plans steps whose largest batches have so many tokens, in sequences of at most `longestExample`.
  ///
  /// No weight is read and no memory taken.
  init(
    _ model: TunedModel, objective: any Objective, activationCheckpointing: Bool, largestBatch: Int,
    largestValidationBatch: Int, longestExample: Int, compute: Compute
  ) throws {
    let weights = Arena.planning()
    let planned = PlannedModel(model, in: weights)
    let arena = Arena.planning()
    let pass = LossPass(
      decoder: planned.decoder, objective: objective, activationCheckpointing: activationCheckpointing)
    let planning = compute.over(arena)
    for (tokens, isRecording) in [(largestBatch, true), (largestValidationBatch, false)] where tokens > 0 {
      _ = try pass.sums(
        of: TokenBatch(tokens: tokens, longest: longestExample), scale: 1,
        on: Tape(compute: planning, isRecording: isRecording), dropout: DropoutKey(seed: 0, step: 0))
    }
    let usage = arena.peakUsage
    let activations = (usage[.activations] ?? 0) + (usage[.gradients] ?? 0)
    arenaBytes = arena.extentBytes
    bytes = [
      .weights: planned.frozenBytes + planned.trainableBytes
        + (objective.distillation?.teacher.byteCount ?? 0),
      .gradients: planned.trainableBytes, .optimizer: 2 * planned.trainableBytes,
      .activations: activations, .workspace: max(0, arenaBytes - activations),
    ]
  }

  /// Refuses a run that the machine's memory can't hold.
  func check(against available: Int, options: TrainingOptions, isFull: Bool) throws {
    guard total > available else { return }
    var advice: [String] = []
    switch largestPart {
    case .weights, .gradients, .optimizer:
      advice.append(
        isFull ? "train a LoRA adapter instead of every weight" : "use a smaller model or a quantised one")
    case .activations, .workspace:
      if !options.activationCheckpointing { advice.append("turn on activation checkpointing") }
      advice.append("use smaller batches and more accumulation, or shorter sequences")
    }
    throw TrainingError.doesNotFit(
      needed: total, available: available, largest: largestPart.rawValue,
      advice: advice.joined(separator: ", or "))
  }
}

/// A model whose tensors have shapes but no memory.
private struct PlannedModel {
  let decoder: Decoder
  let frozenBytes: Int
  let trainableBytes: Int

  init(_ model: TunedModel, in arena: Arena) {
    var trainableBytes = 0
    func parameters(_ slots: [ParameterSlot]) -> [String: Variable] {
      trainableBytes += TrainableParameters.byteCount(of: slots)
      return Dictionary(
        uniqueKeysWithValues: slots.map { slot in
          let tensor = arena.tensor("parameter", slot.shape, for: .cache)
          return (slot.name, Variable(parameter: tensor, gradient: tensor))
        })
    }
    switch model.method {
    case .full:
      decoder = Decoder(model.configuration, parameters: parameters(model.configuration.parameterSlots))
      frozenBytes = 0
    case .lowRank(let adapter):
      let frozen = model.frozenWeights
      decoder = Decoder(
        model.configuration, parameters: frozen.mapValues { Variable($0) },
        adapter: LowRankAdapter(
          adapter, parameters: parameters(adapter.parameterSlots(for: model.configuration))))
      frozenBytes = frozen.values.reduce(0) { $0 + $1.byteCount }
    }
    self.trainableBytes = trainableBytes
  }
}

extension TrainableParameters {
  /// The bytes that such parameters take, padding included.
  fileprivate static func byteCount(of slots: [ParameterSlot]) -> Int {
    slots.reduce(0) { $0 + (($1.shape.count + 15) & ~15) * MemoryLayout<Float>.size }
  }
}

extension TokenBatch {
  /// A batch of so many tokens, none of them meant, in sequences of at most `longest`.
  fileprivate init(tokens: Int, longest: Int) {
    self.init()
    for start in stride(from: 0, to: tokens, by: max(1, longest)) {
      let length = min(longest, tokens - start)
      append(
        ids: ArraySlice(repeating: 0, count: length), mask: ArraySlice(repeating: 1, count: length))
    }
  }
}
