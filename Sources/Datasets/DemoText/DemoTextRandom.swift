/// The random numbers behind the demo's text: SplitMix64, so that a seed means the same text everywhere.
///
/// The standard library's `random(in:using:)` promises no fixed algorithm; the few draws needed are here.
struct DemoTextRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A whole number in `range`; the bias of the multiplication is below 2⁻⁵⁰ for the small ranges used here.
  mutating func integer(in range: ClosedRange<Int>) -> Int {
    let width = UInt64(range.upperBound - range.lowerBound + 1)
    return range.lowerBound + Int(next().multipliedFullWidth(by: width).high)
  }

  /// True with the probability `percent` in a hundred.
  mutating func happens(percent: Int) -> Bool { integer(in: 1...100) <= percent }

  /// One element; `elements` must not be empty.
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[integer(in: 0...elements.count - 1)]
  }

  /// `count` different elements in random order.
  mutating func pick<Element>(_ count: Int, of elements: [Element]) -> [Element] {
    var rest = elements
    return (0..<count).map { _ in rest.remove(at: integer(in: 0...rest.count - 1)) }
  }

  /// One element, each as likely as its weight.
  mutating func pick<Element>(weighted elements: [(element: Element, weight: Int)]) -> Element {
    var left = integer(in: 1...elements.reduce(0) { $0 + $1.weight })
    for (element, weight) in elements {
      left -= weight
      if left <= 0 { return element }
    }
    preconditionFailure("weights must be positive and their list not empty")
  }
}
