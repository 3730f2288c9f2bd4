import Autodiff
import Datasets
import Models
import Tensors

/// One batch through the model: its loss, and on a recording tape its share of the gradient.
struct LossPass {
  let decoder: Decoder
  let objective: any Objective
  let activationCheckpointing: Bool
  private let teacher: TeacherPass?

  init(decoder: Decoder, objective: any Objective, activationCheckpointing: Bool) {
    self.decoder = decoder
    self.objective = objective
    self.activationCheckpointing = activationCheckpointing
    teacher = (objective.distillation?.teacher).map { TeacherPass($0) }
  }

  /// What a batch comes to: sums over it, times the scale that was asked for where it is the loss.
  struct Sums {
    var loss = 0.0
    var metrics: [Metric] = []
  }

  /// The batch's summed loss times `scale`; when the tape records, gradients accumulate, scaled alike.
  ///
  /// - Throws: what reading other models' logits throws.
  func sums(
    of batch: TokenBatch, scale: Double, on tape: Tape, dropout: DropoutKey? = nil
  ) throws -> Sums {
    let counting = Self.counting(in: batch)
    if counting.isEmpty { return Sums() }
    // Before the model's own pass keeps what its backward pass needs.
    let lesson = try teacher?.lesson(of: batch, counting: counting, with: tape.compute)
    let hidden = hidden(of: batch, rows: counting, on: tape, dropout: dropout)
    let head = try head(over: batch, counting, on: tape)
    var sums = Sums()
    switch objective.loss(of: batch) {
    case .weighted(let weights):
      let scaled = counting.map { Float(Double(weights[$0]) * scale) }
      if let lesson, let distillation = objective.distillation {
        let parts = try head.loss(of: hidden, weights: scaled, lesson, distillation)
        sums = Sums(loss: parts.loss, metrics: distillation.metrics(of: parts, scale: scale))
      } else {
        sums.loss = try head.loss(of: hidden, weights: scaled)
      }
    case .function(let function):
      let evaluation = function(try head.logProbabilities(of: hidden))
      sums = Sums(loss: evaluation.loss * scale, metrics: evaluation.metrics)
      if tape.isRecording {
        let scaled = counting.map { Float(evaluation.weights[$0] * scale) }
        _ = try head.loss(of: hidden, weights: scaled)
      }
    }
    tape.backward()
    return sums
  }

  /// The log-probability of every position's target, 0 where its loss doesn't count.
  func logProbabilities(of batch: TokenBatch, on tape: Tape) throws -> [Double] {
    let counting = Self.counting(in: batch)
    if counting.isEmpty { return [Double](repeating: 0, count: batch.count) }
    let hidden = hidden(of: batch, rows: counting, on: tape)
    return try head(over: batch, counting, on: tape).logProbabilities(of: hidden)
  }

  /// Positions without a loss needn't go through the head.
  private static func counting(in batch: TokenBatch) -> [Int] {
    batch.weights.indices.filter { batch.weights[$0] != 0 }
  }

  private func head(over batch: TokenBatch, _ counting: [Int], on tape: Tape) throws -> TargetHead {
    try TargetHead(decoder.head, batch: batch, counting: counting, ensemble: objective.ensemble, on: tape)
  }

  private func hidden(
    of batch: TokenBatch, rows: [Int], on tape: Tape, dropout: DropoutKey? = nil
  ) -> Variable {
    decoder.hidden(
      RaggedBatch(ids: batch.ids, positions: batch.positions, segments: batch.segments), on: tape,
      options: ForwardOptions(activationCheckpointing: activationCheckpointing, dropout: dropout), rows: rows)
  }
}
