/// Byte-pair encoding: a piece of text becomes its smallest symbols, and those are merged by rank.
///
/// Sennrich et al. 2016; over bytes as in GPT-2, or over characters with bytes for those that are missing, as in
/// SentencePiece.
struct BytePairModel: Sendable {
  /// What a text is taken apart into.
  enum Alphabet: Sendable {
    /// Bytes; the vocabulary spells them with `ByteAlphabet`.
    case bytes
    /// Unicode characters.
    case characters
  }

  /// The parts of a model that aren't vocabulary or merges.
  struct Options: Sendable, Hashable {
    /// The token of characters that have none.
    var unknown: TokenID?
    /// Whether neighbouring unknown characters become one token.
    var fusesUnknown = false
    /// Whether a character without token is written with the tokens `<0x00>` … `<0xFF>`.
    var fallsBackToBytes = false
    /// Whether a piece that is a token as a whole is that token, whatever the merges say.
    var ignoresMerges = false
  }

  private let vocabulary: Vocabulary
  private let merges: MergeTable
  private let alphabet: Alphabet
  private let options: Options
  /// The tokens of single bytes: the alphabet itself, or the fallback.
  private let byteTokens: [TokenID?]
  /// Whether no token reaches from the end of a word over the space mark that begins the next.
  private let endsWordsAtSpaces: Bool

  /// U+2581, which stands for a space in SentencePiece's vocabularies.
  static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]

  /// A model of these merges, the first of them being applied first.
  init(vocabulary: Vocabulary, merges: [Merge], alphabet: Alphabet, options: Options) {
    self.vocabulary = vocabulary
    self.merges = MergeTable(merges)
    self.alphabet = alphabet
    self.options = options
    byteTokens = (UInt8.min...UInt8.max).map { byte in
      switch alphabet {
      case .bytes: vocabulary.id(of: String(ByteAlphabet.characters[Int(byte)]))
      case .characters: options.fallsBackToBytes ? vocabulary.id(of: Self.name(ofByte: byte)) : nil
      }
    }
    endsWordsAtSpaces =
      alphabet == .characters && !options.ignoresMerges
      && vocabulary.id(of: Self.spaceMark.span) != nil
      && merges.allSatisfy { merge in
        !(vocabulary[merge.right]?.starts(with: Self.spaceMark) ?? false)
          || (vocabulary[merge.left]?.suffix(3).elementsEqual(Self.spaceMark) ?? false)
      }
  }

  /// The name of a byte's token in SentencePiece's vocabularies, `<0x0A>`.
  static func name(ofByte byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
  }

  /// Appends the tokens of a piece.
  func encode(_ piece: Span<UInt8>, in workspace: EncodingWorkspace, into ids: inout [TokenID]) {
    guard endsWordsAtSpaces else { return encodeWord(piece, in: workspace, into: &ids) }
    // The words of a long text are independent of each other, and short.
    var start = 0
    var isInMark = true
    var index = 0
    while index < piece.count {
      let isMark = index + 3 <= piece.count && piece.matches(Self.spaceMark.span, at: index)
      if isMark, !isInMark {
        encodeWord(piece.extracting(start..<index), in: workspace, into: &ids)
        start = index
      }
      isInMark = isMark
      index += isMark ? 3 : 1
    }
    encodeWord(piece.extracting(start..<piece.count), in: workspace, into: &ids)
  }

  private func encodeWord(_ word: Span<UInt8>, in workspace: EncodingWorkspace, into ids: inout [TokenID]) {
    if word.count <= PieceCache.longestPiece {
      if workspace.cache.append(tokensOf: word, to: &ids) { return }
      tokenize(word, with: &workspace.merger)
      workspace.cache.remember(word, tokens: workspace.merger.symbols)
    } else {
      tokenize(word, with: &workspace.merger)
    }
    ids.append(contentsOf: workspace.merger.symbols)
  }

  private func tokenize(_ word: Span<UInt8>, with merger: inout SymbolMerger) {
    if options.ignoresMerges, let id = wholeToken(word) {
      merger.symbols = [id]
      return
    }
    merger.symbols.removeAll(keepingCapacity: true)
    var unknowns = UnknownRun(options: options)
    var index = 0
    while index < word.count {
      let length = alphabet == .bytes ? 1 : Self.length(ofCharacterFrom: word[index])
      let character = word.extracting(index..<min(index + length, word.count))
      index += length
      if let id = alphabet == .bytes ? byteTokens[Int(character[0])] : vocabulary.id(of: character) {
        unknowns.end(&merger.symbols)
        merger.symbols.append(id)
      } else if alphabet == .bytes || !appendBytes(of: character, to: &merger.symbols) {
        unknowns.take(&merger.symbols)
      }
    }
    unknowns.end(&merger.symbols)
    merger.merge(with: merges)
  }

  private func wholeToken(_ word: Span<UInt8>) -> TokenID? {
    switch alphabet {
    case .bytes: vocabulary.id(of: ByteAlphabet.spelling(of: word).span)
    case .characters: vocabulary.id(of: word)
    }
  }

  /// Appends the fallback tokens of a character, unless one of them is missing.
  private func appendBytes(of character: Span<UInt8>, to symbols: inout [TokenID]) -> Bool {
    guard character.bytes.allSatisfy({ byteTokens[Int($0)] != nil }) else { return false }
    for byte in character.bytes { byteTokens[Int(byte)].map { symbols.append($0) } }
    return true
  }

  private static func length(ofCharacterFrom byte: UInt8) -> Int {
    byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }

  /// Neighbouring characters without token; one `unknown` for each or, fused, for all of them.
  private struct UnknownRun {
    let options: Options
    private var isPending = false

    init(options: Options) { self.options = options }

    mutating func take(_ symbols: inout [TokenID]) {
      if !options.fusesUnknown { end(&symbols) }
      isPending = true
    }

    mutating func end(_ symbols: inout [TokenID]) {
      if isPending, let unknown = options.unknown { symbols.append(unknown) }
      isPending = false
    }
  }
}
