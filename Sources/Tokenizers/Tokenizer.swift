import Formats

/// Turns text into the tokens of a model and back.
///
/// A tokenizer doesn't change once it is loaded, and any number of threads may use it at once.
public final class Tokenizer: Sendable {
  let definition: TokenizerDefinition
  let model: BytePairModel
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let postProcessor: PostProcessor
  let decoder: TokenDecoder
  /// Added tokens that are found in the text as it comes, and those that are found once it is normalised.
  let originalTokens: AddedTokenFinder
  let normalizedTokens: AddedTokenFinder
  let workspaces = EncodingWorkspacePool()
  private let specialIDs: Set<TokenID>
  /// The texts under which added tokens are found.
  private let patterns: [TokenID: [UInt8]]

  /// The fingerprint of the tokens and their pieces.
  ///
  /// It is the same for two tokenizers when every token has the same piece in both, so that a data set tokenised
  /// with one can be read with the other.
  public let fingerprint: Fingerprint

  /// Puts together what a definition describes.
  ///
  /// - Throws: `TokenizerError` for components that aren't implemented.
  init(_ definition: TokenizerDefinition) throws {
    self.definition = definition
    let source = definition.source
    let normalizer = try Normalizer(definition.normalizer, source: source)
    self.normalizer = normalizer
    preTokenizer = try PreTokenizer(definition.preTokenizer, source: source)
    postProcessor = try PostProcessor(definition.postProcessor, source: source)
    decoder = try TokenDecoder(definition.decoder, source: source)
    model = BytePairModel(
      vocabulary: definition.vocabulary, merges: definition.merges,
      alphabet: preTokenizer.isByteLevel ? .bytes : .characters, options: definition.options)
    let matcher = RegularExpressionMatcher()
    let patterns = definition.addedTokens.map { token in
      let content = Array(token.content.utf8)
      return (
        token: token, pattern: token.isNormalized ? normalizer.normalize(content, using: matcher) : content
      )
    }
    originalTokens = AddedTokenFinder(patterns.filter { !$0.token.isNormalized })
    normalizedTokens = AddedTokenFinder(patterns.filter(\.token.isNormalized))
    self.patterns = Dictionary(patterns.map { ($0.token.id, $0.pattern) }) { first, _ in first }
    specialIDs = Set(definition.addedTokens.filter(\.isSpecial).map(\.id))
    fingerprint = definition.fingerprint
  }
}

// MARK: - Tokens

extension Tokenizer {
  /// One more than the largest token; the rows of a model's embedding may be more, never fewer.
  public var vocabularySize: Int { definition.vocabulary.count }

  /// The piece of a token as the tokenizer's file writes it (`Ġhello`); empty for a number without token.
  public func token(for id: TokenID) -> String {
    definition.vocabulary[id].map { Array($0).string } ?? ""
  }

  /// The token of a piece, written as in the tokenizer's file.
  public func id(of piece: String) -> TokenID? { definition.vocabulary.id(of: piece) }

  /// What a decoder turns into the text of a token, or nil for a number without token.
  func decodablePiece(of id: TokenID) -> TokenDecoder.Piece? {
    if let pattern = patterns[id] { return TokenDecoder.Piece(bytes: pattern[...], isAdded: true) }
    return definition.vocabulary[id].map { TokenDecoder.Piece(bytes: $0, isAdded: false) }
  }

  /// The text of a token, as bytes: a token may hold a part of a character only.
  public func bytes(of id: TokenID) -> [UInt8] {
    guard let piece = decodablePiece(of: id) else { return [] }
    return workspaces.withWorkspace { decoder.bytes(of: piece, isFirst: false, using: $0.matcher) }
  }

  /// The tokens that are found in a text before everything else.
  public var addedTokens: [AddedToken] { definition.addedTokens }

  /// The tokens that steer the model and aren't text.
  public var specialTokens: Set<TokenID> { specialIDs }

  /// The token that begins a text.
  public var beginningOfSequence: TokenID? { definition.roles.beginningOfSequence }

  /// The token that ends a text.
  public var endOfSequence: TokenID? { definition.roles.endOfSequence }

  /// The token that fills up rows of a batch.
  public var padding: TokenID? { definition.roles.padding }

  /// The tokens that end a generation: of the text, of a turn, of a message.
  public var stopTokens: Set<TokenID> {
    definition.roles.endOfSequence.map { definition.roles.stops.union([$0]) } ?? definition.roles.stops
  }

  /// Whether `encode` puts `beginningOfSequence` in front.
  public var addsBeginningOfSequence: Bool {
    beginningOfSequence.map { postProcessor.prefix.contains($0) } ?? false
  }

  /// Whether `encode` puts `endOfSequence` at the end.
  public var addsEndOfSequence: Bool {
    endOfSequence.map { postProcessor.suffix.contains($0) } ?? false
  }

  /// The texts of the tokens with a part to play, under the names that chat templates use: `bos_token`, ….
  public var specialTokenTexts: [String: String] {
    let roles = definition.roles
    let named = [
      "bos_token": roles.beginningOfSequence, "eos_token": roles.endOfSequence, "unk_token": roles.unknown,
      "pad_token": roles.padding,
    ]
    return named.compactMapValues { $0.map { token(for: $0) } }
  }
}

// MARK: - Encoding

extension Tokenizer {
  /// The tokens of a text.
  ///
  /// - Parameters:
  ///   - addSpecialTokens: whether the tokens that begin and end a text are added, as the tokenizer's file says.
  ///   - parseSpecialTokens: whether special tokens written out in the text are read as such; false for text
  ///     from strangers.
  public func encode(
    _ text: String, addSpecialTokens: Bool = true, parseSpecialTokens: Bool = true
  ) -> [TokenID] {
    let bytes = Array(text.utf8)
    return workspaces.withWorkspace { workspace in
      var ids = addSpecialTokens ? postProcessor.prefix : []
      ids.reserveCapacity(bytes.count / 3 + 4)
      originalTokens.forEachSegment(of: bytes.span, findsSpecial: parseSpecialTokens) { range, token in
        if let token {
          ids.append(token.id)
        } else {
          encode(
            Array(bytes[range]), startsText: range.lowerBound == 0, findsSpecial: parseSpecialTokens,
            in: workspace, into: &ids)
        }
      }
      if addSpecialTokens { ids.append(contentsOf: postProcessor.suffix) }
      return ids
    }
  }

  /// Appends the tokens of a text in which the tokens of the original text have been found already.
  private func encode(
    _ text: [UInt8], startsText: Bool, findsSpecial: Bool, in workspace: EncodingWorkspace,
    into ids: inout [TokenID]
  ) {
    let normalized = normalizer.normalize(text, using: workspace.matcher)
    normalizedTokens.forEachSegment(of: normalized.span, findsSpecial: findsSpecial) { range, token in
      if let token {
        ids.append(token.id)
        return
      }
      workspace.pieces.reset(to: normalized.span.extracting(range))
      preTokenizer.apply(
        to: &workspace.pieces, startsText: startsText && range.lowerBound == 0, using: workspace.matcher)
      for piece in workspace.pieces.pieces {
        model.encode(workspace.pieces.text.span.extracting(piece), in: workspace, into: &ids)
      }
    }
  }
}

// MARK: - Decoding

extension Tokenizer {
  /// The text of some tokens; bytes that aren't UTF-8 become U+FFFD.
  public func decode(_ ids: some Sequence<TokenID>, skipSpecialTokens: Bool = true) -> String {
    let pieces = ids.lazy
      .filter { !(skipSpecialTokens && self.specialIDs.contains($0)) }
      .compactMap { self.decodablePiece(of: $0) }
    return workspaces.withWorkspace { decoder.decode(Array(pieces), using: $0.matcher) }
  }

  /// A decoder that takes tokens as they are generated.
  ///
  /// - Parameter continuesText: whether the tokens continue a text, so that a space in front is kept.
  public func makeStreamingDecoder(
    skipSpecialTokens: Bool = true, continuesText: Bool = false
  ) -> StreamingDecoder {
    StreamingDecoder(self, skipsSpecialTokens: skipSpecialTokens, continuesText: continuesText)
  }
}
