import Autodiff
import Formats
import Models
import Tensors

/// The model of a run: where it begins and which of its parameters are learnt.
public struct TunedModel: Sendable {
  /// Where a run begins.
  public enum Start: Sendable {
    /// At a model that was trained before.
    case pretrained(Checkpoint)
    /// At random weights.
    case untrained(ModelConfiguration)
    /// At weights that were made of another model's, whose path the checkpoint has.
    case initialized(Checkpoint)
  }

  /// Which parameters are learnt.
  public enum Method: Sendable, Hashable {
    case full
    case lowRank(LowRankConfiguration)
  }

  public let start: Start
  public let method: Method

  /// Names what is tuned, and how.
  ///
  /// - Throws: `TrainingError` when the start has an adapter that this method can't go on with.
  public init(_ start: Start, method: Method) throws {
    self.start = start
    self.method = method
    switch (start, method) {
    case (.untrained, .lowRank), (.initialized, .lowRank): throw TrainingError.adapterOverNothing
    case (.pretrained(let checkpoint), .full) where checkpoint.adapter != nil:
      throw TrainingError.adapterInTheWay(path: checkpoint.path)
    case (.pretrained(let checkpoint), .lowRank(let wanted)):
      guard let adapter = checkpoint.adapter else { return }
      let found = adapter.configuration
      // Modules may have ranks of their own.
      let fits = wanted.parameterSlots(for: checkpoint.configuration).allSatisfy { slot in
        adapter.tensors[slot.name].map { $0.shape == slot.shape } ?? true
      }
      guard found.rank == wanted.rank, found.alpha == wanted.alpha, found.targets == wanted.targets, fits
      else { throw TrainingError.adapterInTheWay(path: checkpoint.path) }
    default: break
    }
  }

  public var configuration: ModelConfiguration {
    switch start {
    case .pretrained(let checkpoint), .initialized(let checkpoint): checkpoint.configuration
    case .untrained(let configuration): configuration
    }
  }

  /// The parameters that are learnt.
  var trainableSlots: [ParameterSlot] {
    switch method {
    case .full: configuration.parameterSlots
    case .lowRank(let adapter): adapter.parameterSlots(for: configuration)
    }
  }

  /// The weights that stay as they are, by name.
  var frozenWeights: [String: Tensor] {
    guard case .lowRank = method, case .pretrained(let checkpoint) = start else { return [:] }
    return checkpoint.tensors
  }

  /// The parameters at the start of a run; `seed` draws what is random.
  func makeParameters(seed: UInt64) -> TrainableParameters {
    switch (start, method) {
    case (.pretrained(let checkpoint), .full), (.initialized(let checkpoint), _):
      return TrainableParameters(copying: checkpoint)
    case (.untrained(let configuration), _):
      return TrainableParameters(initializing: configuration, seed: seed)
    case (.pretrained(let checkpoint), .lowRank(let adapter)):
      let parameters = TrainableParameters(
        initializing: adapter, over: checkpoint.configuration, seed: seed)
      for entry in parameters.entries {
        guard let stored = checkpoint.adapter?.tensors[entry.name] else { continue }
        parameters.value(entry).floats.update(from: stored.floats, count: stored.count)
      }
      return parameters
    }
  }

  /// The decoder over those parameters.
  func makeDecoder(_ parameters: TrainableParameters) -> Decoder {
    switch method {
    case .full:
      return Decoder(configuration, parameters: parameters.variables)
    case .lowRank(let adapter):
      return Decoder(
        configuration, parameters: frozenWeights.mapValues { Variable($0) },
        adapter: LowRankAdapter(adapter, parameters: parameters.variables))
    }
  }

  /// A model without an adapter that a run begins at.
  struct Source {
    let path: String
    let fingerprint: String
  }

  /// The model without an adapter that the run begins at, if any: what a proxy takes as the antiexpert.
  ///
  /// Reads every weight, so ask once.
  var tunedFrom: Source? {
    guard case .pretrained(let checkpoint) = start else { return nil }
    return Source(
      path: checkpoint.adapter?.basePath ?? checkpoint.path,
      fingerprint: "\(checkpoint.withoutAdapter.fingerprint)")
  }

  /// Names and shapes of what is learnt: parameters of another layout can't be resumed with.
  var parametersFingerprint: String {
    "\(Fingerprint(of: trainableSlots.map { "\($0.name) \($0.shape)" }.joined(separator: "\n")))"
  }
}
