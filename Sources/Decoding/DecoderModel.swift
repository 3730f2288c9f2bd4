import Autodiff
import Models
import Tensors
import Tokenizers

/// A decoder on this machine, as a language model.
public final class DecoderModel: LanguageModel {
  public let decoder: Decoder
  private let compute: Compute

  public init(_ decoder: Decoder, compute: Compute) {
    self.decoder = decoder
    self.compute = compute
  }

  public var vocabularySize: Int { decoder.configuration.vocabularySize }
  public var contextLength: Int { decoder.configuration.contextLength }

  public func makeContext() -> any DecodingContext { CacheContext(KeyValueCache(decoder.configuration)) }

  public func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    let caches = sequences.map { sequence in
      guard let context = sequence.context as? CacheContext else {
        preconditionFailure("a context of another model")
      }
      return context.cache
    }
    for (sequence, cache) in zip(sequences, caches) {
      precondition(!sequence.tokens.isEmpty, "an extension by nothing")
      let needed = cache.count + sequence.tokens.count
      guard needed <= contextLength else {
        throw DecodingError.contextExceeded(needed: needed, limit: contextLength)
      }
      if let id = sequence.tokens.first(where: { $0 >= vocabularySize }) {
        throw DecodingError.tokenOutOfRange(Int(id), vocabularySize: vocabularySize)
      }
    }
    let batch = RaggedBatch(zip(sequences, caches).map { ($1.count, $0.tokens) })
    let tape = Tape(compute: compute, isRecording: false)
    let hidden = decoder.hidden(batch, on: tape, caches: caches)
    switch rows {
    case .all:
      let logits = decoder.logits(hidden, on: tape).value
      return batch.segments.map { logits.rows($0) }
    case .last:
      let last = tape.workspace("last hidden states", [sequences.count, hidden.value.columns])
      compute.run { _ in
        for (index, rows) in batch.segments.enumerated() {
          let row = hidden.value.rows(rows.upperBound - 1..<rows.upperBound)
          last.rows(index..<index + 1).floats.update(from: row.floats, count: row.count)
        }
      }
      let logits = decoder.logits(Variable(last), on: tape).value
      return sequences.indices.map { logits.rows($0..<$0 + 1) }
    }
  }

  private final class CacheContext: DecodingContext {
    let cache: KeyValueCache

    init(_ cache: KeyValueCache) { self.cache = cache }

    var count: Int { cache.count }
    func truncate(to count: Int) { cache.truncate(to: count) }
    func copy() -> any DecodingContext { CacheContext(cache.copy()) }
  }
}
