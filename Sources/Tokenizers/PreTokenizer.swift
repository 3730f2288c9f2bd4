import Formats

/// Cuts a normalised text into the pieces that merges never cross.
struct PreTokenizer: Sendable {
  /// One step; each is applied to every piece that the step before it left.
  private enum Step {
    case split(SplitPattern, SplitBehavior, isInverted: Bool)
    case prefixSpace
    case metaspace(replacement: [UInt8], scheme: PrependScheme, splits: Bool)
    /// Writes each byte as the character of `ByteAlphabet`.
    case spellBytes
    /// Undoes `spellBytes`: the model works on bytes.
    case readBytes
  }

  /// When a text gets a space in front.
  private enum PrependScheme: String {
    case always, first, never
  }

  private let steps: [Step]

  /// Whether vocabularies for this pre-tokenizer spell bytes with `ByteAlphabet`.
  let isByteLevel: Bool

  /// Reads the `pre_tokenizer` of a tokenizer.json; null leaves texts whole.
  init(_ json: JSON, source: String) throws {
    var steps = json.isNull ? [] : try Self.steps(of: Component(json, part: "pre_tokenizer", source: source))
    isByteLevel = steps.contains { if case .spellBytes = $0 { true } else { false } }
    if case .spellBytes? = steps.last {
      steps.removeLast()
    } else if isByteLevel {
      steps.append(.readBytes)
    }
    self.steps = steps
  }

  private static func steps(of component: Component) throws -> [Step] {
    func expression(_ pattern: String) throws -> SplitPattern {
      .expression(try component.regularExpression(pattern))
    }
    switch component.type {
    case "Sequence":
      return try component.components("pretokenizers").flatMap { try steps(of: $0) }
    case "ByteLevel":
      var steps: [Step] = []
      if try component.optional("add_prefix_space", \.boolValue) ?? true { steps.append(.prefixSpace) }
      if try component.optional("use_regex", \.boolValue) ?? true {
        steps.append(.split(try expression(Self.gpt2), .isolated, isInverted: false))
      }
      return steps + [.spellBytes]
    case "Split":
      let isInverted = try component.optional("invert", \.boolValue) ?? false
      return [.split(try component.pattern(), try component.behavior(), isInverted: isInverted)]
    case "Digits":
      let areSingle = try component.optional("individual_digits", \.boolValue) ?? false
      return [.split(try expression(#"\p{N}"#), areSingle ? .isolated : .contiguous, isInverted: false)]
    case "Punctuation":
      let pattern = try expression(#"[\p{P}!-/:-@\[-`{-~]"#)
      return [.split(pattern, try component.behavior(), isInverted: false)]
    case "Whitespace":
      return [.split(try expression(#"\w+|[^\w\s]+"#), .removed, isInverted: true)]
    case "WhitespaceSplit":
      return [.split(try expression(#"\s"#), .removed, isInverted: false)]
    case "CharDelimiterSplit":
      let delimiter = try component.required("delimiter", \.stringValue)
      return [.split(.literal(Array(delimiter.utf8)), .removed, isInverted: false)]
    case "Metaspace":
      return [try metaspace(component)]
    default:
      throw component.unsupported(among: [
        "ByteLevel", "CharDelimiterSplit", "Digits", "Metaspace", "Punctuation", "Sequence", "Split",
        "Whitespace", "WhitespaceSplit",
      ])
    }
  }

  private static func metaspace(_ component: Component) throws -> Step {
    let replacement = try component.optional("replacement", \.stringValue) ?? "\u{2581}"
    let prefixes = try component.optional("add_prefix_space", \.boolValue) ?? true
    let name = try component.optional("prepend_scheme", \.stringValue) ?? (prefixes ? "always" : "never")
    guard let scheme = PrependScheme(rawValue: name) else {
      throw component.malformed("has the unknown prepend_scheme '\(name)'")
    }
    return .metaspace(
      replacement: Array(replacement.utf8), scheme: prefixes ? scheme : .never,
      splits: try component.optional("split", \.boolValue) ?? true)
  }

  /// GPT-2's expression, which `ByteLevel` applies unless told not to.
  static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
}

// MARK: - Cutting

/// A text cut into pieces: ranges of its bytes, from left to right.
struct PieceList {
  private(set) var text: [UInt8] = []
  private(set) var pieces: [Range<Int>] = []
  // Kept to spare allocations when the list is used again.
  private var spareText: [UInt8] = []
  private var sparePieces: [Range<Int>] = []

  /// Starts over with one piece.
  mutating func reset(to bytes: Span<UInt8>) {
    text.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
    bytes.withUnsafeBufferPointer { text.append(contentsOf: $0) }
    if !text.isEmpty { pieces.append(0..<text.count) }
  }

  /// Cuts every piece at a pattern.
  mutating func split(
    at pattern: SplitPattern, _ behavior: SplitBehavior, isInverted: Bool,
    using matcher: RegularExpressionMatcher
  ) {
    var newPieces = takeSparePieces()
    for piece in pieces {
      func emit(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        newPieces.append(range.lowerBound + piece.lowerBound..<range.upperBound + piece.lowerBound)
      }
      var splitter = Splitter(behavior)
      pattern.forEachSegment(of: text.span.extracting(piece), using: matcher) { range, isMatch in
        splitter.take(range, isMatch: isMatch != isInverted, emit)
      }
      splitter.finish(emit)
    }
    sparePieces = pieces
    pieces = newPieces
  }

  /// Replaces every piece by the bytes that `write` appends for it.
  mutating func rewrite(_ write: (_ piece: Span<UInt8>, _ isFirst: Bool, _ output: inout [UInt8]) -> Void) {
    var newPieces = takeSparePieces()
    var newText: [UInt8] = []
    swap(&newText, &spareText)
    newText.removeAll(keepingCapacity: true)
    for piece in pieces {
      let start = newText.count
      write(text.span.extracting(piece), piece.lowerBound == 0, &newText)
      if newText.count > start { newPieces.append(start..<newText.count) }
    }
    spareText = text
    sparePieces = pieces
    text = newText
    pieces = newPieces
  }

  private mutating func takeSparePieces() -> [Range<Int>] {
    var spare: [Range<Int>] = []
    swap(&spare, &sparePieces)
    spare.removeAll(keepingCapacity: true)
    return spare
  }
}

extension PreTokenizer {
  /// Cuts the pieces of `list` further, until they are what the model takes.
  ///
  /// - Parameter startsText: whether the first piece is the beginning of what is being encoded.
  func apply(to list: inout PieceList, startsText: Bool, using matcher: RegularExpressionMatcher) {
    for step in steps {
      switch step {
      case .split(let pattern, let behavior, let isInverted):
        list.split(at: pattern, behavior, isInverted: isInverted, using: matcher)
      case .prefixSpace:
        list.rewrite { piece, _, output in
          if piece[0] != UInt8(ascii: " ") { output.append(UInt8(ascii: " ")) }
          output.append(contentsOf: piece.bytes)
        }
      case .metaspace(let replacement, let scheme, let splits):
        list.rewrite { piece, isFirst, output in
          let start = output.count
          let prepends = scheme == .always || scheme == .first && isFirst && startsText
          let hasSpace = piece[0] == UInt8(ascii: " ") || piece.starts(with: replacement.span)
          if prepends, !hasSpace { output.append(contentsOf: replacement) }
          output.reserveCapacity(start + piece.count * 2)
          for index in piece.indices {
            if piece[index] == UInt8(ascii: " ") {
              output.append(contentsOf: replacement)
            } else {
              output.append(piece[index])
            }
          }
        }
        if splits {
          list.split(at: .literal(replacement), .mergedWithNext, isInverted: false, using: matcher)
        }
      case .spellBytes:
        list.rewrite { piece, _, output in output.append(contentsOf: ByteAlphabet.spelling(of: piece)) }
      case .readBytes:
        list.rewrite { piece, _, output in
          output.append(contentsOf: ByteAlphabet.bytes(spelledBy: piece) ?? piece.bytes)
        }
      }
    }
  }
}
