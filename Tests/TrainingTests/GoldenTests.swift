import Datasets
import Formats
import Models
import Tensors
import Testing

@testable import Training

/// Twenty steps against PyTorch and peft; Benchmarks/parity/training.py makes the fixture.
@Suite("Training as PyTorch does it")
struct GoldenTests {
  @Test(
    arguments: [(run: "full", model: "tiny-llama"), (run: "lora", model: "tiny-adapter")],
    // How far losses and gradient norms may be off, relatively: rounded to 8 bits, they drift a little.
    [(precision: Precision.fp32, loss: 1e-4, norm: 1e-3), (precision: .bf16, loss: 5e-3, norm: 3e-2)])
  func twentySteps(
    _ trained: (run: String, model: String), within bounds: (precision: Precision, loss: Double, norm: Double)
  ) throws {
    let (run, model) = trained
    guard let engine = try? MatrixEngines.make(precision: bounds.precision) else { return }
    let fixture = try JSON(contentsOf: fixtures + "/training.json")
    let expected = try #require(fixture["runs"]?[run])
    let losses = try numbers(expected["losses"])
    let norms = try numbers(expected["gradient_norms"])
    let peak = try #require(expected["learning_rate"]?.doubleValue)
    let recorder = Recorder()
    let tiny = try TinyRun(
      model: fixtures + "/" + model, data: ListedBatches(try batches(fixture["batches"])),
      validation: ListedBatches(try batches(fixture["validation"])),
      options: try options(fixture, peak: peak), threads: 2, engine: engine)
    let stop = try tiny.trainer.run([recorder])

    #expect(stop == TrainingStop(reason: .finished, step: 20))
    try #require(recorder.steps.count == losses.count)
    for (step, (loss, norm)) in zip(recorder.steps, zip(losses, norms)) {
      #expect(abs(step.loss - loss) <= bounds.loss * loss, "loss of step \(step.step)")
      #expect(abs(step.gradientNorm - norm) <= bounds.norm * norm, "gradient norm of step \(step.step)")
    }
    let validation = try #require(expected["validation_loss"]?.doubleValue)
    let last = try #require(recorder.validations.last)
    #expect(abs(last.loss - validation) <= bounds.loss * validation)
  }

  private func numbers(_ json: JSON?) throws -> [Double] {
    let elements = try #require(json?.arrayValue)
    return elements.compactMap(\.doubleValue)
  }

  private func options(_ fixture: JSON, peak: Double) throws -> TrainingOptions {
    func number(_ json: JSON?) throws -> Double { try #require(json?.doubleValue) }
    let adamW = fixture["optimizer"]
    return TrainingOptions(
      length: .steps(Int(try number(fixture["steps"]))),
      learningRate: LearningRate(.cosine, peak: peak, warmup: .steps(Int(try number(fixture["warmup"])))),
      optimizer: Optimizer.Options(
        beta1: try number(adamW?["beta1"]), beta2: try number(adamW?["beta2"]),
        epsilon: try number(adamW?["epsilon"]), weightDecay: try number(adamW?["weight_decay"]),
        clipping: try number(fixture["clipping"])),
      accumulation: Int(try number(fixture["accumulation"])))
  }

  private func batches(_ json: JSON?) throws -> [TokenBatch] {
    let batches = try #require(json?.arrayValue)
    return try batches.map { sequences in
      var batch = TokenBatch()
      for sequence in try #require(sequences.arrayValue) {
        let ids = (sequence["ids"]?.arrayValue ?? []).compactMap { $0.intValue.map(UInt32.init) }
        let mask = (sequence["mask"]?.arrayValue ?? []).compactMap { $0.intValue.map(UInt8.init) }
        batch.append(ids: ids[...], mask: mask[...])
      }
      return batch
    }
  }
}
