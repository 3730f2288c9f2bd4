import Formats

/// Learns a byte-level vocabulary from text.
///
/// The pair of neighbours that occurs most often becomes a token, again and again (Sennrich et al., 2016). The
/// result depends on the texts and nothing else: of pairs that occur equally often, the one whose bytes are the
/// greater is merged first.
public struct BytePairTrainer {
  /// What to learn.
  public struct Configuration: Sendable {
    /// How many tokens to learn, special tokens and the 256 bytes included.
    public var vocabularySize: Int
    /// Tokens that steer the model; they take the first numbers, and no merge ever crosses one.
    public var specialTokens: [String]
    /// The special token that begins a text; `encode` puts it in front.
    public var beginningOfSequence: String?
    /// The special token that ends a text.
    public var endOfSequence: String?
    /// The special token that fills up rows of a batch.
    public var padding: String?
    /// Whether each digit is a token of its own, which makes arithmetic easier to learn.
    public var separatesDigits = false
    /// How often a pair must occur to become a token.
    public var minimumFrequency = 1
    /// The chat template to save with the tokenizer.
    public var chatTemplate: String?

    /// A configuration with no roles for the special tokens.
    public init(vocabularySize: Int, specialTokens: [String] = []) {
      self.vocabularySize = vocabularySize
      self.specialTokens = specialTokens
    }
  }

  private let configuration: Configuration
  private let preTokenizerJSON: JSON
  private let preTokenizer: PreTokenizer
  private let specialTokens: AddedTokenFinder
  private let matcher = RegularExpressionMatcher()
  private var pieces = PieceList()
  private var words = ByteStringTable()
  private var frequencies: [Int] = []

  /// A trainer that has seen no text yet.
  ///
  /// - Throws: `TokenizerError.training` when the vocabulary is too small for bytes and special tokens, or a role is
  ///   given to a token that isn't special.
  public init(_ configuration: Configuration) throws {
    let smallest = 256 + configuration.specialTokens.count
    guard configuration.vocabularySize >= smallest else {
      let size = configuration.vocabularySize
      throw TokenizerError.training(
        problem: "a vocabulary of \(size) is too small; bytes and special tokens take \(smallest)")
    }
    let special = Set(configuration.specialTokens.map { ExactString($0) })
    let roles = [configuration.beginningOfSequence, configuration.endOfSequence, configuration.padding]
    for case .some(let role) in roles where !special.contains(ExactString(role)) {
      throw TokenizerError.training(problem: "'\(role)' has a role but is not among the special tokens")
    }
    self.configuration = configuration
    preTokenizerJSON = Self.preTokenizer(separatesDigits: configuration.separatesDigits)
    preTokenizer = try PreTokenizer(preTokenizerJSON, source: "the new tokenizer")
    specialTokens = AddedTokenFinder(
      configuration.specialTokens.map { (AddedToken(id: 0, content: $0), Array($0.utf8)) })
  }

  private static func preTokenizer(separatesDigits: Bool) -> JSON {
    let words = GGUFPreTokenizer.byteLevel(usesExpression: true)
    guard separatesDigits else { return words }
    let digits: JSON = ["type": "Digits", "individual_digits": true]
    return ["type": "Sequence", "pretokenizers": [digits, words]]
  }

  /// Counts the words of a text.
  public mutating func feed(_ text: String) {
    let bytes = Array(text.utf8)
    specialTokens.forEachSegment(of: bytes.span, findsSpecial: true) { range, token in
      guard token == nil else { return }
      pieces.reset(to: bytes.span.extracting(range))
      preTokenizer.apply(to: &pieces, startsText: range.lowerBound == 0, using: matcher)
      for piece in pieces.pieces {
        let word = Array(pieces.text[piece])
        let (index, isNew) = words.insert(word.span)
        if isNew { frequencies.append(0) }
        frequencies[index] += 1
      }
    }
  }

  /// Learns the vocabulary of all texts that were fed.
  ///
  /// - Returns: a tokenizer that may have fewer tokens than asked for, if the texts have too few pairs.
  public func train() throws -> Tokenizer {
    var vocabulary = Vocabulary(minimumCapacity: configuration.vocabularySize)
    for token in configuration.specialTokens { vocabulary.insert(token, as: TokenID(vocabulary.count)) }
    var tokenOfByte = [TokenID](repeating: 0, count: 256)
    for byte in ByteAlphabet.bytesInSpellingOrder {
      tokenOfByte[Int(byte)] = TokenID(vocabulary.count)
      vocabulary.insert(String(ByteAlphabet.characters[Int(byte)]), as: TokenID(vocabulary.count))
    }
    var pairs = PairStatistics(
      words: (0..<words.count).map { words[$0].map { tokenOfByte[Int($0)] } }, frequencies: frequencies)
    var merges: [Merge] = []
    while vocabulary.count < configuration.vocabularySize,
      let pair = pairs.mostFrequent(in: vocabulary, atLeast: max(1, configuration.minimumFrequency))
    {
      let piece = Array((vocabulary[pair.left] ?? []) + (vocabulary[pair.right] ?? []))
      // Two pairs may give the same piece; it is one token then.
      let id = vocabulary.id(of: piece.span) ?? TokenID(vocabulary.count)
      vocabulary.insert(piece.span, as: id)
      merges.append(Merge(left: pair.left, right: pair.right, result: id))
      pairs.merge(pair, into: id, vocabulary)
    }
    return try Tokenizer(definition(vocabulary, merges))
  }

  private func definition(_ vocabulary: Vocabulary, _ merges: [Merge]) -> TokenizerDefinition {
    var definition = TokenizerDefinition(
      source: "the new tokenizer", vocabulary: vocabulary, merges: merges)
    definition.addedTokens = configuration.specialTokens.enumerated().map { index, content in
      AddedToken(id: TokenID(index), content: content)
    }
    definition.preTokenizer = preTokenizerJSON
    definition.decoder = GGUFPreTokenizer.byteLevel(usesExpression: true)
    let id = { (role: String?) in role.flatMap { vocabulary.id(of: $0) } }
    definition.roles.beginningOfSequence = id(configuration.beginningOfSequence)
    definition.roles.endOfSequence = id(configuration.endOfSequence)
    definition.roles.padding = id(configuration.padding)
    definition.addStopsByName()
    if let token = configuration.beginningOfSequence, let id = id(token) {
      definition.postProcessor = PostProcessor.template(prefix: [(token, id)], suffix: [])
    }
    if let template = configuration.chatTemplate {
      definition.chatTemplates = [(TokenizerDefinition.defaultTemplateName, template)]
    }
    return definition
  }
}
