/// Where a text is cut: at the matches of an expression or at the occurrences of a literal.
enum SplitPattern: Sendable {
  case expression(RegularExpression)
  case literal([UInt8])

  /// Cuts a text into matches and what lies between them, together the whole text, from left to right.
  func forEachSegment(
    of text: Span<UInt8>, using matcher: RegularExpressionMatcher,
    _ body: (Range<Int>, _ isMatch: Bool) -> Void
  ) {
    var end = 0
    func emit(_ match: Range<Int>) {
      if match.lowerBound > end { body(end..<match.lowerBound, false) }
      body(match, true)
      end = match.upperBound
    }
    switch self {
    case .expression(let expression):
      expression.forEachMatch(in: text, using: matcher, emit)
    case .literal(let literal):
      Self.forEachOccurrence(of: literal.span, in: text, emit)
    }
    if end < text.count { body(end..<text.count, false) }
  }

  private static func forEachOccurrence(
    of literal: Span<UInt8>, in text: Span<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    guard !literal.isEmpty else { return }
    var start = 0
    while start + literal.count <= text.count {
      if text.matches(literal, at: start) {
        body(start..<start + literal.count)
        start += literal.count
      } else {
        start += 1
      }
    }
  }
}

extension Span<UInt8> {
  /// Whether the bytes at `offset` are those of `other`; `offset + other.count` must not pass the end.
  func matches(_ other: Span<UInt8>, at offset: Int) -> Bool {
    for index in other.indices where self[offset + index] != other[index] { return false }
    return true
  }

  /// Whether the text begins with another.
  func starts(with prefix: Span<UInt8>) -> Bool { count >= prefix.count && matches(prefix, at: 0) }

  /// The bytes, copied.
  var bytes: [UInt8] { withUnsafeBufferPointer { Array($0) } }
}

/// What becomes of the delimiters when a text is split, as tokenizer.json names it.
enum SplitBehavior: String, Sendable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

/// Turns the segments of a text into the pieces that a behaviour asks for.
struct Splitter {
  let behavior: SplitBehavior
  /// The last piece, while it may still grow.
  private var open: Range<Int>?
  private var lastWasMatch = false

  init(_ behavior: SplitBehavior) { self.behavior = behavior }

  /// Takes the next segment; calls `emit` with each piece that is now complete.
  @inline(__always)
  mutating func take(_ range: Range<Int>, isMatch: Bool, _ emit: (Range<Int>) -> Void) {
    switch behavior {
    case .isolated: emit(range)
    case .removed: if !isMatch { emit(range) }
    case .contiguous: extend(range, isMatch == lastWasMatch, emit)
    case .mergedWithPrevious: extend(range, isMatch && !lastWasMatch, emit)
    case .mergedWithNext: extend(range, !isMatch && lastWasMatch, emit)
    }
    lastWasMatch = isMatch
  }

  /// Completes the last piece.
  mutating func finish(_ emit: (Range<Int>) -> Void) {
    if let open { emit(open) }
    open = nil
  }

  private mutating func extend(_ range: Range<Int>, _ joins: Bool, _ emit: (Range<Int>) -> Void) {
    if let open, joins {
      self.open = open.lowerBound..<range.upperBound
    } else {
      if let open { emit(open) }
      open = range
    }
  }
}
