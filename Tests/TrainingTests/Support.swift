import Autodiff
import Datasets
import Formats
import Foundation
import Models
import Tensors

@testable import Training

/// A folder that goes away with the value that made it.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("trimtab-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Batches that lie in memory, epoch after epoch in the same order.
struct ListedBatches: TrainingData {
  var batches: [TokenBatch]

  var batchesPerEpoch: Int { batches.count }
  var largestBatch: Int { batches.map(\.count).max() ?? 0 }
  func batch(_ number: Int) -> TokenBatch { batches[number % batches.count] }

  init(_ batches: [TokenBatch]) { self.batches = batches }

  /// Batches of sequences in which each token follows from the one before, the first ones from a number.
  init(count: Int, sequencesPerBatch: Int = 2, vocabulary: Int = 61) {
    batches = (0..<count).map { number in
      var batch = TokenBatch()
      for sequence in 0..<sequencesPerBatch {
        let length = 4 + (number * 5 + sequence * 3) % 7
        var ids = [UInt32((number * 17 + sequence * 29) % vocabulary)]
        while ids.count < length { ids.append((ids[ids.count - 1] * 5 + 3) % UInt32(vocabulary)) }
        batch.append(ids: ids[...], mask: ids.indices.map { UInt8($0 > number % 3 ? 1 : 0) }[...])
      }
      return batch
    }
  }
}

/// Where the fixtures of this target lie.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

/// The tiny Llama of the fixtures, in float32, as a trainer's subject.
struct TinyRun {
  let model: TunedModel
  let parameters: TrainableParameters
  let trainer: Trainer
  let compute: Compute
  let objective: any Objective

  init(
    adapter: LowRankConfiguration? = nil, model path: String = fixtures + "/tiny-llama",
    data: any TrainingData, validation: (any TrainingData)? = nil, options: TrainingOptions,
    objective: any Objective = NextToken(), threads: Int = 1, engine: any MatrixEngine = OpenBLASEngine()
  ) throws {
    let checkpoint = try Checkpoint.load(path)
    model = try TunedModel(
      .pretrained(checkpoint),
      method: (adapter ?? checkpoint.adapter?.configuration).map { .lowRank($0) } ?? .full)
    parameters = model.makeParameters(seed: 5)
    let pool = ThreadPool(threads: threads)
    compute = Compute(pool: pool, engine: engine, arena: try Arena(capacity: 64 << 20))
    trainer = Trainer(
      .init(
        decoder: model.makeDecoder(parameters), parameters: parameters, data: data, validation: validation),
      options: options, objective: objective, compute: compute)
    self.objective = objective
  }

  /// The loss of a batch and its gradient, nothing being updated.
  func gradient(_ batch: TokenBatch, recording: Bool = true) throws -> (sums: LossPass.Sums, values: [Float])
  {
    compute.zero(parameters.gradients)
    let pass = LossPass(
      decoder: model.makeDecoder(parameters), objective: objective, activationCheckpointing: false)
    let sums = try pass.sums(of: batch, scale: 1, on: Tape(compute: compute, isRecording: recording))
    return (sums, parameters.gradients.array)
  }

  /// How much the loss changes along the direction of its gradient, and how much the gradient says it does.
  ///
  /// Central differences in double, of losses that float32 arithmetic made.
  func slopes(_ batch: TokenBatch, step: Float = 4e-3) throws -> (measured: Double, gradient: Double) {
    let gradient = try gradient(batch).values
    let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    let values = parameters.values.array
    func loss(moved by: Float) throws -> Double {
      for place in values.indices {
        parameters.values.floats[place] = values[place] + by * gradient[place] / Float(norm)
      }
      return try self.gradient(batch, recording: false).sums.loss
    }
    let measured = (try loss(moved: step) - loss(moved: -step)) / Double(2 * step)
    parameters.values.floats.update(from: values, count: values.count)
    return (measured, norm)
  }
}

/// Keeps every event.
final class Recorder: TrainingConsumer {
  var events: [TrainingEvent] = []
  /// Asks for a stop after this step.
  var stopAfter: Int?

  func receive(_ event: TrainingEvent) -> Continuation {
    events.append(event)
    if case .step(let step) = event, step.step == stopAfter { return .stop(reason: "the test says so") }
    return .more
  }

  var steps: [TrainingStep] { events.compactMap { if case .step(let step) = $0 { step } else { nil } } }
  var skipped: [SkippedStep] { events.compactMap { if case .skipped(let step) = $0 { step } else { nil } } }
  var validations: [Validation] { events.compactMap { if case .validation(let v) = $0 { v } else { nil } } }
}
