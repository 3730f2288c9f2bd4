import Autodiff
import CKernels
import Models
import Tensors
import Tokenizers

/// A decoder on this machine, as a language model.
///
/// A decoder with an adapter can be two models: itself, and the same without its adapter. Their sequences are
/// extended in one pass over the weights that they share.
public final class DecoderModel: LanguageModel {
  public let decoder: Decoder
  private let compute: Compute
  private let isAdapted: Bool

  public init(_ decoder: Decoder, compute: Compute) {
    self.decoder = decoder
    self.compute = compute
    isAdapted = true
  }

  /// The same decoder without its adapter: the antiexpert of an expert that is an adapter.
  public init(bare model: DecoderModel) {
    decoder = model.decoder
    compute = model.compute
    isAdapted = false
  }

  public var vocabularySize: Int { decoder.configuration.vocabularySize }
  public var contextLength: Int { decoder.configuration.contextLength }
  public var runner: ObjectIdentifier { ObjectIdentifier(decoder) }

  public func makeContext() -> any DecodingContext {
    CacheContext(KeyValueCache(decoder.configuration), isAdapted: isAdapted)
  }

  public func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    let contexts = sequences.map { sequence in
      guard let context = sequence.context as? CacheContext else {
        preconditionFailure("a context of another model")
      }
      return context
    }
    for (sequence, context) in zip(sequences, contexts) {
      precondition(!sequence.tokens.isEmpty, "an extension by nothing")
      let needed = context.count + sequence.tokens.count
      guard needed <= contextLength else {
        throw DecodingError.contextExceeded(needed: needed, limit: contextLength)
      }
      try requireTokens(sequence.tokens)
    }
    let adapted = contexts.indices.filter { contexts[$0].isAdapted }
    let bare = contexts.indices.filter { !contexts[$0].isAdapted }
    func count(_ numbers: [Int]) -> Int { numbers.reduce(0) { $0 + sequences[$1].tokens.count } }
    // Rows that the few-rows product would take apart but not together go apart: their bits stay those of each
    // model on its own.
    let (fewer, all) = (min(count(adapted), count(bare)), count(adapted) + count(bare))
    let fitsTogether = fewer == 0 || compute.engine.fewRowsLimits.allSatisfy { all <= $0 || fewer > $0 }
    var results = [Tensor?](repeating: nil, count: sequences.count)
    for pass in fitsTogether ? [adapted + bare] : [adapted, bare] where !pass.isEmpty {
      let adaptedRows = 0..<count(pass.filter { contexts[$0].isAdapted })
      let logits = run(
        pass.map { (tokens: sequences[$0].tokens, cache: contexts[$0].cache) }, adaptedRows: adaptedRows,
        rows: rows)
      for (number, logits) in zip(pass, logits) { results[number] = logits }
    }
    return results.compactMap { $0 }
  }

  private func run(
    _ sequences: [(tokens: [TokenID], cache: KeyValueCache)], adaptedRows: Range<Int>, rows: LogitRows
  ) -> [Tensor] {
    let batch = RaggedBatch(sequences.map { ($0.cache.count, $0.tokens) })
    let tape = Tape(compute: compute, isRecording: false)
    let hidden = decoder.hidden(
      batch, on: tape, caches: sequences.map(\.cache), options: ForwardOptions(adaptedRows: adaptedRows))
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
    let isAdapted: Bool

    init(_ cache: KeyValueCache, isAdapted: Bool) {
      self.cache = cache
      self.isAdapted = isAdapted
    }

    var count: Int { cache.count }
    func truncate(to count: Int) { cache.truncate(to: count) }
    func copy() -> any DecodingContext { CacheContext(cache.copy(), isAdapted: isAdapted) }
  }
}
