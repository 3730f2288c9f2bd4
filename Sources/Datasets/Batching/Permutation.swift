/// A shuffled order of `0..<count` that needs no storage: position in, index out.
///
/// The order is a pure function of the seed, so that a resumed run continues in it from the step number
/// alone. A small Feistel network permutes the next power of four; positions that fall outside `count` walk
/// on until they are inside (format-preserving encryption by cycle walking; Black and Rogaway, 2002).
public struct Permutation: Sendable, Hashable {
  /// How many indices there are.
  public let count: Int
  /// What the order is made from.
  public let seed: UInt64

  private let halfBits: UInt64
  private static let rounds: UInt64 = 6

  public init(count: Int, seed: UInt64) {
    precondition(count >= 0, "a permutation has no negative count")
    self.count = count
    self.seed = seed
    let bits = UInt64(Int.bitWidth - max(count - 1, 1).leadingZeroBitCount)
    self.halfBits = (bits + 1) / 2
  }

  /// The index at `position`, which is in `0..<count`.
  ///
  /// - Complexity: O(1); four applications of the network at worst on average.
  public subscript(position: Int) -> Int {
    precondition(position >= 0 && position < count, "position outside the permutation")
    var value = UInt64(position)
    repeat { value = encrypt(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func encrypt(_ value: UInt64) -> UInt64 {
    let halfMask = (UInt64(1) << halfBits) - 1
    var left = value >> halfBits
    var right = value & halfMask
    for round in 0..<Self.rounds {
      let mixed = mixedBits(seed ^ mixedBits(right &+ round &* 0x9E37_79B9_7F4A_7C15))
      (left, right) = (right, left ^ (mixed & halfMask))
    }
    return left << halfBits | right
  }
}

/// Spreads every bit of `value` over the whole word (the finalizer of SplitMix64).
func mixedBits(_ value: UInt64) -> UInt64 {
  var bits = value &+ 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
  return bits ^ (bits >> 31)
}
