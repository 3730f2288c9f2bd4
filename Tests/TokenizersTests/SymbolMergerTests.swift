import Testing

@testable import Tokenizers

@Suite struct SymbolMergerTests {
  /// Scanning and queueing must agree with the definition: the lowest rank first, leftmost first.
  @Test func agreesWithTheDefinition() {
    var generator = SplitMix64(seed: 1)
    for _ in 0..<300 {
      var merges: [Merge] = []
      for result in 4..<UInt32.random(in: 5...16, using: &generator) {
        let sides = (0..<2).map { _ in UInt32.random(in: 0..<result, using: &generator) }
        merges.append(Merge(left: sides[0], right: sides[1], result: result))
      }
      let count = Int.random(in: 0...150, using: &generator)
      let symbols = (0..<count).map { _ in UInt32.random(in: 0..<4, using: &generator) }
      var merger = SymbolMerger()
      merger.symbols = symbols
      merger.merge(with: MergeTable(merges))
      #expect(merger.symbols == Self.merged(symbols, merges))
    }
  }

  private static func merged(_ symbols: [TokenID], _ merges: [Merge]) -> [TokenID] {
    var symbols = symbols
    while true {
      let places = symbols.indices.dropLast().compactMap { place -> (rank: Int, place: Int)? in
        merges.firstIndex { $0.left == symbols[place] && $0.right == symbols[place + 1] }
          .map { ($0, place) }
      }
      guard let best = places.min(by: { $0 < $1 }) else { return symbols }
      symbols.replaceSubrange(best.place...best.place + 1, with: [merges[best.rank].result])
    }
  }
}
