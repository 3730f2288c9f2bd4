import Autodiff
import Datasets
import Models

/// One batch through the model: its loss, and on a recording tape its share of the gradient.
struct LossPass {
  let decoder: Decoder
  let objective: any Objective
  let activationCheckpointing: Bool

  /// The batch's summed loss times `scale`; when the tape records, gradients accumulate, scaled alike.
  func loss(of batch: TokenBatch, scale: Double, on tape: Tape, dropout: DropoutKey? = nil) -> Double {
    // Positions without a loss needn't go through the head.
    let counting = batch.weights.indices.filter { batch.weights[$0] != 0 }
    if counting.isEmpty { return 0 }
    let hidden = decoder.hidden(
      RaggedBatch(ids: batch.ids, positions: batch.positions, segments: batch.segments), on: tape,
      options: ForwardOptions(activationCheckpointing: activationCheckpointing, dropout: dropout),
      rows: counting)
    let lossOfRows = objective.loss(of: batch.positions(counting), scale: scale)
    let loss = tape.chunkedHead(hidden, decoder.head, rowsPerChunk: rowsPerChunk) {
      lossOfRows($0, $1, $2, tape.compute)
    }
    tape.backward()
    return loss
  }

  /// How many rows' logits exist at a time: about 128 MiB of them, whatever the vocabulary.
  private var rowsPerChunk: Int { max(32, (1 << 25) / decoder.configuration.vocabularySize) }
}
