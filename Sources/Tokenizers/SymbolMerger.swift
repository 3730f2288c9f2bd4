/// Applies merges to a sequence of tokens until none is left: always the one of lowest rank, leftmost first.
///
/// Holds the memory for it, so that one is kept and used again.
struct SymbolMerger {
  /// The tokens to merge, and afterwards the result.
  var symbols: [TokenID] = []
  private var candidates: [MergeTable.Candidate] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var queue = MinimumHeap<UInt64>()

  /// Up to this many symbols, looking at all pairs for each merge is faster than a queue.
  private static let longestScanned = 64

  /// Merges `symbols` in place.
  mutating func merge(with table: MergeTable) {
    if symbols.count <= Self.longestScanned { mergeByScanning(table) } else { mergeByQueue(table) }
  }

  private mutating func mergeByScanning(_ table: MergeTable) {
    guard symbols.count > 1 else { return }
    candidates.removeAll(keepingCapacity: true)
    for index in 1..<symbols.count {
      candidates.append(table.candidate(symbols[index - 1], symbols[index]))
    }
    while true {
      var best = MergeTable.none
      var place = 0
      for index in candidates.indices where candidates[index] < best {
        best = candidates[index]
        place = index
      }
      guard best != MergeTable.none else { return }
      symbols[place] = TokenID(truncatingIfNeeded: best)
      symbols.remove(at: place + 1)
      candidates.remove(at: place)
      if place > 0 { candidates[place - 1] = table.candidate(symbols[place - 1], symbols[place]) }
      if place < candidates.count {
        candidates[place] = table.candidate(symbols[place], symbols[place + 1])
      }
    }
  }

  /// The same in O(n log n): a linked list of symbols and a queue of ranks with places.
  private mutating func mergeByQueue(_ table: MergeTable) {
    let count = symbols.count
    next = (1...count).map { $0 < count ? Int32($0) : -1 }
    previous = (0..<count).map { Int32($0) - 1 }
    queue.removeAll()
    for place in 0..<count - 1 { enqueue(place, table) }
    while let entry = queue.removeFirst() {
      let place = Int(entry & 0xFFFF_FFFF)
      // An entry is stale when its left symbol is gone or has another neighbour by now.
      guard next[place] >= 0 else { continue }
      let right = Int(next[place])
      let candidate = table.candidate(symbols[place], symbols[right])
      guard candidate != MergeTable.none, candidate >> 32 == entry >> 32 else { continue }
      symbols[place] = TokenID(truncatingIfNeeded: candidate)
      next[place] = next[right]
      if next[right] >= 0 { previous[Int(next[right])] = Int32(place) }
      next[right] = -1
      previous[right] = -2
      if previous[place] >= 0 { enqueue(Int(previous[place]), table) }
      if next[place] >= 0 { enqueue(place, table) }
    }
    var kept = 0
    for place in 0..<count where previous[place] != -2 {
      symbols[kept] = symbols[place]
      kept += 1
    }
    symbols.removeLast(count - kept)
  }

  private mutating func enqueue(_ place: Int, _ table: MergeTable) {
    let candidate = table.candidate(symbols[place], symbols[Int(next[place])])
    guard candidate != MergeTable.none else { return }
    queue.insert(candidate & 0xFFFF_FFFF_0000_0000 | UInt64(place))
  }
}
