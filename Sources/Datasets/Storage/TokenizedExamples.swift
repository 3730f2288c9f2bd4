import Tokenizers

/// The tokens of one example.
public struct TokenizedExample: Sendable, Hashable {
  /// The tokens.
  public var ids: [TokenID]
  /// One value a token: 1 where the loss counts it as a target, otherwise 0; the first token never is one.
  public var mask: [UInt8]
  /// Whether tokens were cut off at the end.
  public var isTruncated = false

  public init(ids: [TokenID], mask: [UInt8], isTruncated: Bool = false) {
    precondition(ids.count == mask.count, "one mask value a token")
    self.ids = ids
    self.mask = mask
    self.isTruncated = isTruncated
  }

  /// The number of targets.
  public var lossTokenCount: Int { mask.reduce(0) { $0 + Int($1) } }

  /// The stretches of tokens that are trained on: one for each response.
  public var trainedRanges: [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    for index in 0...mask.count {
      let isTrained = index < mask.count && mask[index] != 0
      if isTrained, start == nil { start = index }
      if !isTrained, let first = start {
        ranges.append(first..<index)
        start = nil
      }
    }
    return ranges
  }

  /// Keeps the first `length` tokens.
  public mutating func truncate(to length: Int) {
    guard ids.count > length else { return }
    ids.removeLast(ids.count - length)
    mask.removeLast(mask.count - length)
    isTruncated = true
  }
}

/// The tokens of many examples, end to end: five bytes a token.
public struct TokenizedExamples: Sendable, Hashable {
  /// The tokens of all examples.
  public private(set) var ids: [TokenID] = []
  /// One value a token: 1 where the loss counts it as a target, otherwise 0.
  public private(set) var mask: [UInt8] = []
  /// Example `i` is `offsets[i]..<offsets[i + 1]`.
  public private(set) var offsets: [Int] = [0]

  public init() {}

  public init(_ examples: some Sequence<TokenizedExample>) {
    for example in examples { append(example) }
  }

  /// - Precondition: the offsets rise from 0 to the number of tokens.
  init(ids: [TokenID], mask: [UInt8], offsets: [Int]) {
    precondition(offsets.first == 0 && offsets.last == ids.count && ids.count == mask.count)
    self.ids = ids
    self.mask = mask
    self.offsets = offsets
  }

  /// The number of examples.
  public var count: Int { offsets.count - 1 }
  /// The number of targets.
  public var lossTokenCount: Int { mask.reduce(0) { $0 + Int($1) } }
  /// The number of tokens of each example.
  public var lengths: [Int] { zip(offsets.dropFirst(), offsets).map { $0 - $1 } }

  /// How many examples have targets, but none that remains when they are cut to `length` tokens.
  public func countWithoutTargets(within length: Int) -> Int {
    (0..<count).count { index in
      // The first token is nobody's target.
      let targets = mask[offsets[index]..<offsets[index + 1]].dropFirst()
      return targets.contains(1) && !targets.prefix(max(length - 1, 0)).contains(1)
    }
  }

  /// One example.
  public subscript(index: Int) -> TokenizedExample {
    let range = offsets[index]..<offsets[index + 1]
    return TokenizedExample(ids: Array(ids[range]), mask: Array(mask[range]))
  }

  /// Adds an example at the end.
  public mutating func append(_ example: TokenizedExample) {
    ids += example.ids
    mask += example.mask
    offsets.append(ids.count)
  }
}
