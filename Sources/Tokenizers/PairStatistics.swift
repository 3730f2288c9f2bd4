/// How often each pair of neighbours occurs in a set of words, kept up to date while pairs are merged.
struct PairStatistics {
  /// Two neighbouring tokens.
  struct Pair: Hashable {
    var left: TokenID
    var right: TokenID
  }

  /// A pair with the frequency that it had when it was queued; the more frequent comes first.
  private struct Candidate: Comparable {
    let pair: Pair
    let frequency: Int
    let leftPiece: [UInt8]
    let rightPiece: [UInt8]

    static func < (first: Candidate, second: Candidate) -> Bool {
      if first.frequency != second.frequency { return first.frequency > second.frequency }
      if first.leftPiece != second.leftPiece {
        return second.leftPiece.lexicographicallyPrecedes(first.leftPiece)
      }
      return second.rightPiece.lexicographicallyPrecedes(first.rightPiece)
    }
  }

  private var words: [[TokenID]]
  private let wordFrequencies: [Int]
  private var frequencies: [Pair: Int] = [:]
  /// The words in which a pair occurs, or did once.
  private var places: [Pair: [Int32]] = [:]
  private var queue = MinimumHeap<Candidate>()
  private var unqueued: Set<Pair> = []

  /// Counts the pairs of some words.
  init(words: [[TokenID]], frequencies: [Int]) {
    self.words = words
    wordFrequencies = frequencies
    for index in words.indices { count(index, sign: 1) }
  }

  /// The pair that occurs most often, of equals the one whose pieces are the greater; nil when none is left.
  mutating func mostFrequent(in vocabulary: Vocabulary, atLeast smallest: Int) -> Pair? {
    for pair in unqueued { enqueue(pair, vocabulary) }
    unqueued.removeAll(keepingCapacity: true)
    while let candidate = queue.removeFirst() {
      let frequency = frequencies[candidate.pair] ?? 0
      if frequency == candidate.frequency { return frequency >= smallest ? candidate.pair : nil }
      // Merges since then have taken some of its occurrences away.
      enqueue(candidate.pair, vocabulary)
    }
    return nil
  }

  /// Makes one token of a pair wherever it occurs.
  mutating func merge(_ pair: Pair, into token: TokenID, _ vocabulary: Vocabulary) {
    for place in places.removeValue(forKey: pair) ?? [] {
      let index = Int(place)
      guard words[index].contains(pair.left) else { continue }
      count(index, sign: -1)
      words[index] = Self.merged(words[index], pair, into: token)
      count(index, sign: 1)
    }
    frequencies[pair] = nil
  }

  private mutating func enqueue(_ pair: Pair, _ vocabulary: Vocabulary) {
    guard let frequency = frequencies[pair], frequency > 0 else { return }
    queue.insert(
      Candidate(
        pair: pair, frequency: frequency, leftPiece: Self.bytes(vocabulary[pair.left]),
        rightPiece: Self.bytes(vocabulary[pair.right])))
  }

  private static func bytes(_ piece: ArraySlice<UInt8>?) -> [UInt8] {
    piece.flatMap { ByteAlphabet.bytes(spelledBy: Array($0).span) } ?? []
  }

  /// Adds the pairs of a word to the counts, or takes them away.
  private mutating func count(_ index: Int, sign: Int) {
    let word = words[index]
    guard word.count > 1 else { return }
    for place in 1..<word.count {
      let pair = Pair(left: word[place - 1], right: word[place])
      frequencies[pair, default: 0] += sign * wordFrequencies[index]
      guard sign > 0 else { continue }
      unqueued.insert(pair)
      if places[pair]?.last != Int32(index) { places[pair, default: []].append(Int32(index)) }
    }
  }

  private static func merged(_ word: [TokenID], _ pair: Pair, into token: TokenID) -> [TokenID] {
    var result: [TokenID] = []
    result.reserveCapacity(word.count)
    var place = 0
    while place < word.count {
      if place + 1 < word.count, word[place] == pair.left, word[place + 1] == pair.right {
        result.append(token)
        place += 2
      } else {
        result.append(word[place])
        place += 1
      }
    }
    return result
  }
}
