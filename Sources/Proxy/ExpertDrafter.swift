import Decoding
import Tensors
import Tokenizers

/// The expert of a proxy-tuned model, run ahead of the base and the antiexpert, which then look at its tokens in one
/// pass.
///
/// What it computes while it runs ahead is kept: where its guesses are accepted, its logits are those that the
/// combination needs anyway.
public final class ExpertDrafter: Drafter {
  public let relativeCost: Double
  public var expectedRate: Double { 0.8 }
  private let model: ProxiedModel

  /// The first expert of `model` guesses; `relativeCost` is the time of one of its steps, relative to all parts'.
  public init(_ model: ProxiedModel, relativeCost: Double) {
    precondition(!model.steerings.isEmpty)
    self.model = model
    self.relativeCost = relativeCost
  }

  public func draft(_ sequences: [DraftRequest]) throws -> [[TokenID]] {
    var drafts = [[TokenID]](repeating: [], count: sequences.count)
    var running = sequences.indices.filter { sequences[$0].limit > 0 }
    while !running.isEmpty {
      let latest = running.map { drafts[$0].last ?? sequences[$0].history[sequences[$0].history.count - 1] }
      let logits = try model.runAhead(
        zip(running, latest).map { SequenceExtension(sequences[$0].context, by: [$1]) }, steering: 0)
      for (index, logits) in zip(running, logits) {
        let sequence = sequences[index]
        drafts[index].append(
          try sequence.sampler.sample(
            logits, after: sequence.history + drafts[index], sequence: sequence.sequence,
            step: sequence.step + drafts[index].count))
      }
      running.removeAll { index in
        let (sequence, draft) = (sequences[index], drafts[index])
        return draft.count >= sequence.limit || sequence.stopTokens.contains(draft[draft.count - 1])
      }
    }
    return drafts
  }
}

extension ProxiedModel {
  /// Extends the expert of one steering alone, by tokens that the other parts may be shown next.
  ///
  /// Returns its logits [1, vocabulary] in the base's ids, −∞ where it has no such token.
  func runAhead(_ sequences: [SequenceExtension], steering: Int) throws -> [Tensor] {
    let member = roles[steering].expert
    let (expert, vocabulary) = (members[member].model, members[member].vocabulary)
    let contexts = sequences.map { ProxiedContext.of($0) }
    let extensions = try zip(sequences, contexts).map {
      SequenceExtension(
        $1.members[member],
        by: try vocabulary.translated($0.tokens, isLenient: strength(of: $1) == 0))
    }
    let logits = try expert.logits(extending: extensions, rows: .all)
    for ((sequence, context), logits) in zip(zip(extensions, contexts), logits) {
      context.runAhead(member, by: sequence.tokens, logits: logits)
    }
    return logits.map { translated($0.rows($0.rows - 1..<$0.rows), vocabulary) }
  }

  private func translated(_ logits: Tensor, _ vocabulary: VocabularyMap) -> Tensor {
    switch vocabulary {
    case .shared(let count):
      return Tensor(logits.buffer, byteOffset: logits.byteOffset, shape: [1, count])
    case .mapped(let places):
      let translated = compute.arena.tensor("translated logits", [1, places.count], for: .activations)
      let (to, from) = (translated.floats, logits.floats)
      for (token, place) in places.enumerated() { to[token] = place < 0 ? -.infinity : from[Int(place)] }
      return translated
    }
  }
}
