/// One merge of a byte-pair vocabulary: two neighbouring tokens become one.
struct Merge: Sendable, Hashable {
  var left: TokenID
  var right: TokenID
  var result: TokenID
}

/// The merges of a vocabulary by pair of tokens: an open-addressing hash table.
struct MergeTable: Sendable {
  /// A merge found: its rank in the upper half and its result in the lower, so that the smaller comes first.
  typealias Candidate = UInt64

  /// The candidate of a pair that doesn't merge; larger than every other.
  static let none: Candidate = .max

  private struct Slot {
    var pair: UInt64
    var candidate: Candidate
  }
  private var slots: [Slot]

  /// A table of merges; the earlier in the list, the lower its rank and the sooner it is applied.
  init(_ merges: [Merge]) {
    var count = 16
    while count * 2 < merges.count * 3 { count *= 2 }
    slots = [Slot](repeating: Slot(pair: 0, candidate: Self.none), count: count)
    for (rank, merge) in merges.enumerated() {
      let pair = UInt64(merge.left) << 32 | UInt64(merge.right)
      let position = position(of: pair)
      // The first of two equal pairs has the lower rank and stays.
      guard slots[position].candidate == Self.none else { continue }
      slots[position] = Slot(pair: pair, candidate: UInt64(rank) << 32 | UInt64(merge.result))
    }
  }

  /// What a pair of neighbours becomes, or `none`.
  @inline(__always)
  func candidate(_ left: TokenID, _ right: TokenID) -> Candidate {
    slots[position(of: UInt64(left) << 32 | UInt64(right))].candidate
  }

  @inline(__always)
  private func position(of pair: UInt64) -> Int {
    let mask = slots.count &- 1
    let hash = pair &* 0x9E37_79B9_7F4A_7C15
    var position = Int(truncatingIfNeeded: hash &>> 20) & mask
    while slots[position].candidate != Self.none, slots[position].pair != pair {
      position = (position &+ 1) & mask
    }
    return position
  }
}
