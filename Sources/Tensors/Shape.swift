/// The extents of a tensor, outermost first; up to four.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  private var extents: SIMD4<Int>
  /// How many extents there are.
  public let rank: Int

  public init(_ extents: some Collection<Int>) {
    precondition(extents.count <= 4, "a tensor has at most four extents")
    self.extents = SIMD4(repeating: 1)
    rank = extents.count
    for (axis, extent) in extents.enumerated() { self.extents[axis] = extent }
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public subscript(axis: Int) -> Int {
    precondition(axis < rank)
    return extents[axis]
  }

  /// How many elements the tensor has.
  public var count: Int { extents[0] * extents[1] * extents[2] * extents[3] }
  /// The innermost extent: the length of a row.
  public var columns: Int { rank == 0 ? 1 : extents[rank - 1] }
  /// How many rows there are when every outer extent is flattened into one.
  public var rows: Int { columns == 0 ? 0 : count / columns }
  /// The extents as an array.
  public var array: [Int] { (0..<rank).map { extents[$0] } }

  public var description: String { "[\(array.map(String.init).joined(separator: ", "))]" }
}
