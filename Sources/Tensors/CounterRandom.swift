import Foundation

/// Random numbers by position: a pure function of (seed, stream, index), so that what is drawn depends neither on
/// the order in which it is asked for nor on how often a run was interrupted (rule 10).
///
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): the key is the seed, the
/// counter is the index and the stream.
public struct CounterRandom: Sendable, Hashable {
  public let seed: UInt64
  public let stream: UInt64

  /// Numbers of one of a seed's 2⁶⁴ independent streams.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// Independent numbers for a part of the work: a layer, a step, an example.
  public func substream(_ label: UInt64) -> CounterRandom {
    // Another key than the numbers have, so that no substream repeats what is drawn.
    let words = CounterRandom(seed: seed ^ 0x9E37_79B9_7F4A_7C15, stream: stream).block(at: label)
    return CounterRandom(seed: Self.join(words.x, words.y), stream: Self.join(words.z, words.w))
  }

  /// Four random words: block `index` of the stream.
  public func block(at index: UInt64) -> SIMD4<UInt32> {
    var counter = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    var key = SIMD2<UInt32>(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    for _ in 0..<10 {
      let first = UInt64(counter.x) * 0xD251_1F53
      let second = UInt64(counter.z) * 0xCD9E_8D57
      counter = SIMD4(
        UInt32(second >> 32) ^ counter.y ^ key.x, UInt32(truncatingIfNeeded: second),
        UInt32(first >> 32) ^ counter.w ^ key.y, UInt32(truncatingIfNeeded: first))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return counter
  }

  /// Word `index` of the stream: all 32 bits are random.
  public func word(at index: UInt64) -> UInt32 { block(at: index >> 2)[Int(index & 3)] }

  /// Number `index`, uniform in 0 ..< 1: a multiple of 2⁻²⁴.
  public func uniform(at index: UInt64) -> Float { Self.unit(word(at: index)) }

  /// Number `index`, uniform in 0 ..< 1: a multiple of 2⁻⁵³.
  public func preciseUniform(at index: UInt64) -> Double {
    let words = block(at: index >> 1)
    let bits = index & 1 == 0 ? Self.join(words.x, words.y) : Self.join(words.z, words.w)
    return Double(bits >> 11) * 0x1p-53
  }

  /// Number `index` of the standard normal distribution.
  public func normal(at index: UInt64) -> Float {
    let words = block(at: index >> 2)
    let pair = index & 2 == 0 ? Self.normalPair(words.x, words.y) : Self.normalPair(words.z, words.w)
    return index & 1 == 0 ? pair.0 : pair.1
  }

  /// The numbers 0 ..< `count` in random order (Fisher and Yates).
  public func permutation(of count: Int) -> [Int] {
    // Written out, for the standard library may change how it shuffles, and a run must stay what it was.
    var generator = generator()
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(generator.next().multipliedFullWidth(by: UInt64(last) + 1).high))
    }
    return order
  }

  /// Fills `destination` with numbers 0, 1, 2 … of a normal distribution around 0.
  public func fillNormal(_ destination: UnsafeMutableBufferPointer<Float>, standardDeviation: Float) {
    for start in stride(from: 0, to: destination.count, by: 4) {
      let words = block(at: UInt64(start) >> 2)
      let (first, second) = (Self.normalPair(words.x, words.y), Self.normalPair(words.z, words.w))
      let four = SIMD4(first.0, first.1, second.0, second.1) * standardDeviation
      for lane in 0..<min(4, destination.count - start) { destination[start + lane] = four[lane] }
    }
  }

  /// The stream's numbers one after the other, for whatever takes a `RandomNumberGenerator`.
  public func generator() -> Generator { Generator(random: self) }

  /// Reads a stream from its beginning.
  public struct Generator: RandomNumberGenerator, Sendable {
    private let random: CounterRandom
    private var index: UInt64 = 0

    fileprivate init(random: CounterRandom) { self.random = random }

    public mutating func next() -> UInt64 {
      let words = random.block(at: index >> 1)
      defer { index += 1 }
      return index & 1 == 0 ? join(words.x, words.y) : join(words.z, words.w)
    }
  }

  private static func join(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(low) | UInt64(high) << 32 }

  private static func unit(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

  /// Two independent normal numbers from two uniform words (Box and Muller).
  private static func normalPair(_ first: UInt32, _ second: UInt32) -> (Float, Float) {
    // In 0 < u ≤ 1, so that the logarithm is finite; in double precision, so that the tail is smooth.
    let radius = (-2 * log((Double(first) + 1) * 0x1p-32)).squareRoot()
    let angle = 2 * Double.pi * Double(second) * 0x1p-32
    return (Float(radius * cos(angle)), Float(radius * sin(angle)))
  }
}
