import Formats

/// Turns tokens back into text.
struct TokenDecoder: Sendable {
  /// What is done to each token on its own.
  private enum Step {
    /// Reads the spelling of `ByteAlphabet`.
    case readBytes
    case replace(SplitPattern, by: [UInt8])
    case strip([UInt8], start: Int, stop: Int)
    case metaspace([UInt8], isDroppedFromFirst: Bool)
  }

  private var steps: [Step] = []
  private var fallsBackToBytes = false
  /// What stands between tokens.
  let separator: [UInt8]
  /// What is taken off the beginning of the text, and how often at most.
  private(set) var leadingStrip: (content: [UInt8], count: Int)?

  /// Reads the `decoder` of a tokenizer.json; null puts a space between tokens.
  init(_ json: JSON, source: String) throws {
    separator = json.isNull ? [UInt8(ascii: " ")] : []
    var isFused = false
    if !json.isNull { try add(Component(json, part: "decoder", source: source), &isFused) }
  }

  private mutating func add(_ component: Component, _ isFused: inout Bool) throws {
    switch component.type {
    case "Sequence":
      for part in try component.components("decoders") { try add(part, &isFused) }
    case "Fuse":
      isFused = true
    case "ByteFallback":
      fallsBackToBytes = true
    case "ByteLevel":
      steps.append(.readBytes)
      isFused = true
    case "Strip":
      let content = Array(try component.required("content", \.stringValue).utf8)
      guard !content.isEmpty else { throw component.malformed("has an empty 'content'") }
      let start = try component.optional("start", \.intValue) ?? 0
      let stop = try component.optional("stop", \.intValue) ?? 0
      if !isFused {
        steps.append(.strip(content, start: start, stop: stop))
      } else if stop == 0, leadingStrip == nil {
        leadingStrip = (content, start)
      } else {
        throw component.malformed("takes something off the end of the text, which is not supported")
      }
    case "Replace" where !isFused:
      let content = try component.required("content", \.stringValue)
      steps.append(.replace(try component.pattern(), by: Array(content.utf8)))
    case "Metaspace" where !isFused:
      let mark = try component.optional("replacement", \.stringValue) ?? "\u{2581}"
      let prefixes = try component.optional("add_prefix_space", \.boolValue) ?? true
      let scheme = try component.optional("prepend_scheme", \.stringValue) ?? "always"
      steps.append(.metaspace(Array(mark.utf8), isDroppedFromFirst: prefixes && scheme != "never"))
    case "Replace", "Metaspace":
      throw component.malformed("works on the whole text, which is not supported")
    default:
      throw component.unsupported(among: [
        "ByteFallback", "ByteLevel", "Fuse", "Metaspace", "Replace", "Sequence", "Strip",
      ])
    }
  }

  /// A piece of the vocabulary, and whether it is an added token, which is its own text.
  struct Piece {
    var bytes: ArraySlice<UInt8>
    var isAdded: Bool
  }

  /// The byte that a piece such as `<0x0A>` stands for.
  private func fallbackByte(_ piece: ArraySlice<UInt8>) -> UInt8? {
    guard fallsBackToBytes, piece.count == 6, piece.starts(with: Array("<0x".utf8)),
      piece.last == UInt8(ascii: ">")
    else { return nil }
    return UInt8(Array(piece.dropFirst(3).prefix(2)).string, radix: 16)
  }

  /// The text of a piece, as bytes that may be part of a character only.
  func bytes(of piece: Piece, isFirst: Bool, using matcher: RegularExpressionMatcher) -> [UInt8] {
    if let byte = fallbackByte(piece.bytes) { return [byte] }
    return steps.reduce(Array(piece.bytes)) { bytes, step in
      switch step {
      case .readBytes: piece.isAdded ? bytes : ByteAlphabet.bytes(spelledBy: bytes.span) ?? bytes
      case .replace(let pattern, let content): bytes.replacing(pattern, by: content, using: matcher)
      case .strip(let content, let start, let stop): bytes.stripping(content, start: start, stop: stop)
      case .metaspace(let mark, let isDroppedFromFirst):
        bytes.replacing(
          .literal(mark), by: isFirst && isDroppedFromFirst ? [] : [UInt8(ascii: " ")], using: matcher)
      }
    }
  }

  /// The text of some pieces.
  ///
  /// A run of fallback bytes that isn't valid UTF-8 becomes U+FFFD once a byte, as in Hugging Face's tokenizers.
  func decode(_ pieces: [Piece], using matcher: RegularExpressionMatcher) -> String {
    var output: [UInt8] = []
    var run: [UInt8] = []
    func endRun() {
      let isValid = String(validating: run, as: UTF8.self) != nil
      output.append(contentsOf: isValid ? run : run.flatMap { _ in Array("\u{FFFD}".utf8) })
      run.removeAll()
    }
    for (index, piece) in pieces.enumerated() {
      if index > 0 { output.append(contentsOf: separator) }
      if let byte = fallbackByte(piece.bytes) {
        run.append(byte)
      } else {
        endRun()
        output.append(contentsOf: bytes(of: piece, isFirst: index == 0, using: matcher))
      }
    }
    endRun()
    if let (content, count) = leadingStrip { output = output.stripping(content, start: count, stop: 0) }
    return output.string
  }
}

extension [UInt8] {
  /// The bytes with every match of a pattern replaced.
  func replacing(_ pattern: SplitPattern, by content: [UInt8], using matcher: RegularExpressionMatcher)
    -> [UInt8]
  {
    var output: [UInt8] = []
    output.reserveCapacity(count)
    pattern.forEachSegment(of: span, using: matcher) { range, isMatch in
      output.append(contentsOf: isMatch ? content[...] : self[range])
    }
    return output
  }

  /// The bytes without up to `start` repetitions of a text in front and up to `stop` at the end.
  ///
  /// - Precondition: the text isn't empty.
  func stripping(_ content: [UInt8], start: Int, stop: Int) -> [UInt8] {
    var rest = self[...]
    var (starts, stops) = (start, stop)
    while starts > 0, rest.starts(with: content) {
      rest.removeFirst(content.count)
      starts -= 1
    }
    while stops > 0, rest.suffix(content.count) == content[...] {
      rest.removeLast(content.count)
      stops -= 1
    }
    return Array(rest)
  }
}
