import Decoding
import Tensors
import Tokenizers

/// A model whose logits are a hash of its seed and of what it has seen: quick, and different everywhere.
public final class TableModel: LanguageModel {
  public let vocabularySize: Int
  public let contextLength = 64
  private let seed: UInt64
  /// Where a token stands in this model's vocabulary, for permuted ones.
  private let places: [Int]
  /// How often it was run.
  public private(set) var calls = 0
  /// How many tokens it was shown.
  public private(set) var tokens = 0

  public init(seed: UInt64, vocabularySize: Int = 24, places: [Int]? = nil) {
    self.seed = seed
    self.vocabularySize = vocabularySize
    self.places = places ?? Array(0..<vocabularySize)
  }

  public func makeContext() -> any DecodingContext { History() }

  public func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    calls += 1
    return sequences.map { sequence in
      guard let history = sequence.context as? History else { preconditionFailure() }
      var all: [Float] = []
      tokens += sequence.tokens.count
      for token in sequence.tokens {
        // Fold what the token means, not its id: a permuted model has seen the same text.
        history.states.append(history.state &* 31 &+ UInt64(places.firstIndex(of: Int(token)) ?? 99) &+ 1)
        let random = CounterRandom(seed: seed, stream: history.state)
        var row = [Float](repeating: 0, count: vocabularySize)
        for meaning in 0..<vocabularySize { row[places[meaning]] = 3 * random.normal(at: UInt64(meaning)) }
        all += row
      }
      if rows == .last { all = Array(all.suffix(vocabularySize)) }
      return Tensor(all, shape: [all.count / vocabularySize, vocabularySize])
    }
  }

  private final class History: DecodingContext {
    var states: [UInt64] = []
    var state: UInt64 { states.last ?? 7 }
    var count: Int { states.count }

    func truncate(to count: Int) { states.removeLast(states.count - count) }

    func copy() -> any DecodingContext {
      let copy = History()
      copy.states = states
      return copy
    }
  }
}
