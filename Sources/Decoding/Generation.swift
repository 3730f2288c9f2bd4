import Tokenizers

/// One prompt and how it is to be continued.
public struct GenerationRequest {
  public var prompt: [TokenID]
  public var sampling: SamplingOptions
  public var maximumTokens: Int
  /// Tokens that end the answer; they aren't part of it.
  public var stopTokens: Set<TokenID>
  /// Texts that end the answer; neither are they.
  public var stopStrings: [String]
  /// Whether the answer goes on in the prompt's text, as code does, so that a space in front of it counts; else it is
  /// a text of its own, in front of which some tokenizers have a space that isn't meant.
  public var continuesText = false
  /// What its draws depend on beside the seed; nil for its place among the requests.
  ///
  /// A request that is made again, perhaps in other company, draws the same with the same number.
  public var stream: Int?
  /// A prepared empty sequence, where the model needs more than the prompt's tokens; nil for a plain one.
  public var context: (any DecodingContext)?

  public init(
    prompt: [TokenID], sampling: SamplingOptions = SamplingOptions(), maximumTokens: Int = 256,
    stopTokens: Set<TokenID>, stopStrings: [String] = []
  ) {
    self.prompt = prompt
    self.sampling = sampling
    self.maximumTokens = maximumTokens
    self.stopTokens = stopTokens
    self.stopStrings = stopStrings
  }
}

/// What a model said, and why it ended.
public struct Generation: Sendable, Hashable {
  public enum FinishReason: String, Sendable, Hashable {
    /// A stop token or a stop string came.
    case stop
    /// As many tokens as were asked for, or as the context holds.
    case length
  }

  public var tokens: [TokenID]
  public var text: String
  public var finishReason: FinishReason
  /// How many passes it took.
  public var drafting = DraftingCounts()

  public init(tokens: [TokenID], text: String, finishReason: FinishReason) {
    self.tokens = tokens
    self.text = text
    self.finishReason = finishReason
  }
}

/// A token as it comes: for streaming and for traces.
public struct GeneratedToken {
  /// Which request it belongs to.
  public let request: Int
  public let token: TokenID
  /// Text that is now certain: no half characters, nothing that a stop string may yet claim.
  public let text: String
  /// The sequence it was drawn for; the model's own record of the pass, if it keeps one, is found by it.
  public let context: any DecodingContext
  /// Which row of the pass's logits it was drawn from.
  public let row: Int
}
