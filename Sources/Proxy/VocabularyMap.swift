import Tokenizers

/// Which of a small model's tokens each of the base's tokens is.
public enum VocabularyMap: Sendable, Hashable {
  /// The first `count` ids mean the same to both; those beyond are padding that neither uses.
  case shared(count: Int)
  /// For each of the base's ids the small model's, or −1 where it has none.
  case mapped([Int32])

  /// The base's tokens in the small model's ids.
  ///
  /// - Parameter isLenient: Whether tokens that it lacks become its first, because nobody asks what it makes of them.
  /// - Throws: `ProxyError.unknownToken`
  func translated(_ tokens: [TokenID], isLenient: Bool = false) throws -> [TokenID] {
    try tokens.map { token in
      if let own = own(token) { return own }
      guard isLenient else { throw ProxyError.unknownToken(Int(token)) }
      return 0
    }
  }

  /// One of the base's tokens in the small model's ids; nil where it has none.
  private func own(_ token: TokenID) -> TokenID? {
    switch self {
    case .shared(let count): return Int(token) < count ? token : nil
    case .mapped(let ids):
      guard Int(token) < ids.count, ids[Int(token)] >= 0 else { return nil }
      return TokenID(ids[Int(token)])
    }
  }
}

/// How two vocabularies lie to each other, in words for `trimtab check`.
public struct VocabularyComparison: Sendable, Hashable {
  public enum Relation: String, Sendable, Hashable {
    /// The same tokens under the same ids.
    case same
    /// The same tokens under the same ids, and unused ids behind them in one or both.
    case padded
    /// The same tokens under other ids.
    case permuted
    /// The expert lacks some of the base's tokens.
    case subset
    /// Other tokens.
    case different
  }

  public let relation: Relation
  /// How many tokens both have.
  public let shared: Int
  /// Some of the tokens that only the base has.
  public let missing: [String]
  public let missingCount: Int
  /// The base's tokens that end an answer, as far as the expert lacks them.
  public let unsharedStops: [TokenID]
  /// How the base's ids translate; nil when too few do.
  public let map: VocabularyMap?

  /// Compares vocabularies; widths are of the models' logits, which may exceed the tokenizers'.
  public init(base: Tokenizer, baseWidth: Int, expert: Tokenizer, expertWidth: Int) {
    let baseCount = min(base.vocabularySize, baseWidth)
    let expertCount = min(expert.vocabularySize, expertWidth)
    var places: [[UInt8]: Int32] = [:]
    for id in 0..<expertCount {
      let piece = VocabularyComparison.key(expert, TokenID(id))
      if places[piece] == nil { places[piece] = Int32(id) }
    }
    var ids = [Int32](repeating: -1, count: baseWidth)
    var missing: [String] = []
    var missingCount = 0
    var moved = false
    var known: Set<Int32> = []
    for id in 0..<baseCount {
      let piece = VocabularyComparison.key(base, TokenID(id))
      if id < expertCount, VocabularyComparison.key(expert, TokenID(id)) == piece {
        ids[id] = Int32(id)
      } else if let place = places[piece] {
        ids[id] = place
        moved = true
      } else {
        missingCount += 1
        if missing.count < 3 { missing.append(base.token(for: TokenID(id))) }
        continue
      }
      known.insert(ids[id])
    }
    shared = known.count
    self.missing = missing
    self.missingCount = missingCount
    unsharedStops = base.stopTokens.filter { Int($0) < baseCount && ids[Int($0)] < 0 }.sorted()
    // Nine in ten tokens in common may be one vocabulary with additions; fewer is another vocabulary.
    let isRelated = shared * 10 >= baseCount * 9
    if !isRelated {
      relation = .different
      map = nil
    } else if missingCount > 0 {
      relation = .subset
      map = .mapped(ids)
    } else if moved {
      relation = .permuted
      map = .mapped(ids)
    } else {
      relation = baseWidth == expertWidth && baseCount == expertCount ? .same : .padded
      // What lies behind the tokens of a padded vocabulary means nothing, and its offset less.
      map = .shared(count: relation == .same ? baseWidth : baseCount)
    }
  }

  /// Compares by width alone, where a model has no tokenizer: equal widths are taken for equal vocabularies.
  init(baseWidth: Int, expertWidth: Int) {
    relation = baseWidth == expertWidth ? .same : .different
    shared = min(baseWidth, expertWidth)
    missing = []
    missingCount = 0
    unsharedStops = []
    map = baseWidth == expertWidth ? .shared(count: baseWidth) : nil
  }

  /// What a token stands for, as the vocabulary writes it.
  private static func key(_ tokenizer: Tokenizer, _ id: TokenID) -> [UInt8] {
    Array(tokenizer.token(for: id).utf8)
  }
}
