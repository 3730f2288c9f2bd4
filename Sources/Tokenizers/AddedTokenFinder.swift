/// Finds added tokens in a text: at each place the longest one that begins there.
struct AddedTokenFinder: Sendable {
  private struct Node {
    var bytes: [UInt8] = []
    var children: [Int32] = []
    /// The index in `tokens` of the token that ends here, or -1.
    var token: Int32 = -1
  }

  private let tokens: [AddedToken]
  private var nodes: [Node] = [Node()]
  /// For each byte, the node of texts that begin with it, or -1: most places are passed over with one look.
  private var roots = [Int32](repeating: -1, count: 256)

  /// A finder of tokens by the texts under which they are found.
  init(_ patterns: [(token: AddedToken, pattern: [UInt8])]) {
    tokens = patterns.map(\.token)
    for (index, (_, pattern)) in patterns.enumerated() where !pattern.isEmpty {
      insert(pattern, token: Int32(index))
    }
  }

  private mutating func insert(_ pattern: [UInt8], token: Int32) {
    var node = 0
    for byte in pattern {
      if let place = nodes[node].bytes.firstIndex(of: byte) {
        node = Int(nodes[node].children[place])
      } else {
        nodes.append(Node())
        nodes[node].bytes.append(byte)
        nodes[node].children.append(Int32(nodes.count - 1))
        if node == 0 { roots[Int(byte)] = Int32(nodes.count - 1) }
        node = nodes.count - 1
      }
    }
    nodes[node].token = token
  }

  /// Cuts a text into added tokens and what lies between them, from left to right.
  ///
  /// - Parameter findsSpecial: whether special tokens are looked for, too.
  func forEachSegment(
    of text: Span<UInt8>, findsSpecial: Bool, _ body: (Range<Int>, AddedToken?) -> Void
  ) {
    var end = 0
    var index = 0
    while index < text.count {
      guard let match = longestMatch(in: text, at: index) else {
        index += 1
        continue
      }
      let range = index..<match.end
      index = match.end
      if match.token.isSpecial && !findsSpecial { continue }
      if match.token.isSingleWord, touchesWord(range, in: text) { continue }
      var (start, stop) = (range.lowerBound, range.upperBound)
      if match.token.stripsLeft {
        while start > end, let space = text.scalar(before: start), space.properties.isWhitespace {
          start -= UTF8.width(space)
        }
      }
      if match.token.stripsRight {
        while let space = text.scalar(at: stop), space.properties.isWhitespace { stop += UTF8.width(space) }
      }
      if end < start { body(end..<start, nil) }
      body(start..<stop, match.token)
      end = stop
    }
    if end < text.count { body(end..<text.count, nil) }
  }

  private func longestMatch(in text: Span<UInt8>, at start: Int) -> (token: AddedToken, end: Int)? {
    var node = roots[Int(text[start])]
    var index = start + 1
    var longest: (token: Int32, end: Int)?
    while node >= 0 {
      // By index each time: a copy of the node would be counted in and out at every byte.
      if nodes[Int(node)].token >= 0 { longest = (nodes[Int(node)].token, index) }
      guard index < text.count, let place = nodes[Int(node)].bytes.firstIndex(of: text[index]) else { break }
      node = nodes[Int(node)].children[place]
      index += 1
    }
    return longest.map { (tokens[Int($0.token)], $0.end) }
  }

  private func touchesWord(_ range: Range<Int>, in text: Span<UInt8>) -> Bool {
    text.scalar(before: range.lowerBound)?.isWordCharacter == true
      || text.scalar(at: range.upperBound)?.isWordCharacter == true
  }
}

extension Span<UInt8> {
  /// The character that begins at a byte, or nil at the end.
  func scalar(at index: Int) -> Unicode.Scalar? {
    guard index < count else { return nil }
    var end = index + 1
    while end < count, self[end] & 0xC0 == 0x80 { end += 1 }
    return extracting(index..<end).bytes.string.unicodeScalars.first
  }

  /// The character that ends before a byte, or nil at the beginning.
  func scalar(before index: Int) -> Unicode.Scalar? {
    guard index > 0 else { return nil }
    var start = index - 1
    while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
    return extracting(start..<index).bytes.string.unicodeScalars.first
  }
}

extension UTF8 {
  /// How many bytes a character takes.
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { encode(scalar)?.count ?? 0 }
}
