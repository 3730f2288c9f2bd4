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
    let hidden = decoder.hidden(
      RaggedBatch(ids: batch.ids, positions: batch.positions, segments: batch.segments), on: tape,
      options: ForwardOptions(activationCheckpointing: activationCheckpointing, dropout: dropout))
    let lossOfRows = objective.loss(of: batch, scale: scale)
    let loss = tape.chunkedHead(hidden, decoder.head, rowsPerChunk: rowsPerChunk) {
      lossOfRows($0, $1, $2, tape.compute)
    }
    tape.backward()
    return loss
  }

  /// How many rows' logits exist at a time: about 64 MiB of them, whatever the vocabulary.
  private var rowsPerChunk: Int { max(32, (1 << 24) / decoder.configuration.vocabularySize) }
}
