import Formats
import Foundation
import Models
import Tensors
import Tokenizers

/// Writes a run's model as a checkpoint that transformers or peft opens, with `trimtab.json` beside it.
struct CheckpointOutput {
  let model: TunedModel
  let tunedFrom: TunedModel.Source?
  let parameters: TrainableParameters
  let tokenizer: Tokenizer?
  /// How the weights of a whole model are stored; an adapter's are float32.
  let elementType: ElementType
  let recipe: String
  let dataFingerprint: String
  /// Whether the validation loss has a perplexity.
  let isLikelihood: Bool

  /// Writes the checkpoint into `folder`, over an earlier one.
  ///
  /// `trimtab.json` goes first and comes last: where it is, the rest is whole and belongs together. It holds no times,
  /// so that equal runs write equal bytes.
  func write(into folder: String, state: TrainingState) throws {
    let provenancePath = folder + "/trimtab.json"
    try? FileManager.default.removeItem(atPath: provenancePath)
    try tokenizer?.save(to: folder)
    let writer = try CheckpointWriter(folder: folder, configuration: model.configuration)
    let beginning = tokenizer?.beginningOfSequence.map(Int.init)
    let end = tokenizer?.stopTokens.sorted().map(Int.init) ?? []
    switch model.method {
    case .full:
      try writer.writeModel(
        parameters.tensors, as: elementType, beginningOfSequence: beginning, endOfSequence: end)
    case .lowRank(let adapter):
      try writer.writeAdapter(
        adapter, tensors: parameters.tensors, baseModel: tunedFrom?.path ?? "",
        beginningOfSequence: beginning, endOfSequence: end)
    }
    let provenance = Provenance(
      tunedFrom: tunedFrom.map {
        Provenance.Source(
          path: Provenance.remembered($0.path, from: folder), fingerprint: $0.fingerprint)
      }, recipe: recipe, dataFingerprint: dataFingerprint, metrics: metrics(state))
    try AtomicFile.write(provenance.json.text(pretty: true) + "\n", to: provenancePath)
  }

  private func metrics(_ state: TrainingState) -> JSONObject {
    var metrics: JSONObject = [
      "step": .integer(state.step), "tokens": .integer(state.tokens),
      "loss_tokens": .integer(state.lossTokens),
    ]
    metrics["loss"] = state.loss.map { .number($0) }
    if let last = state.validations.last, last.step == state.step {
      metrics["validation_loss"] = .number(last.loss)
      if isLikelihood { metrics["perplexity"] = .number(last.perplexity) }
    }
    return metrics
  }
}
