import Tokenizers

/// A prompt with a better and a worse answer, as tokens; answers end with the stop token unless they were cut.
public struct PreferencePair: Sendable, Hashable {
  public var prompt: [TokenID]
  public var chosen: [TokenID]
  public var rejected: [TokenID]
  /// How much the pair counts in every term of the loss; from 0 up.
  public var weight: Double
  /// What the reference model makes of the answers; nil: not computed.
  public var reference: ReferenceLogProbabilities?

  public init(
    prompt: [TokenID], chosen: [TokenID], rejected: [TokenID], weight: Double = 1,
    reference: ReferenceLogProbabilities? = nil
  ) {
    precondition(weight >= 0 && weight.isFinite, "a weight is a number from 0 up")
    self.prompt = prompt
    self.chosen = chosen
    self.rejected = rejected
    self.weight = weight
    self.reference = reference
  }
}

/// What a reference model makes of a pair: log-probabilities of whole answers given the prompt, in nats.
public struct ReferenceLogProbabilities: Sendable, Hashable {
  public var chosen: Double
  public var rejected: Double
  /// Of another pair's chosen answer after this prompt, where the loss needs that for its baseline (KTO).
  public var mismatched: Double?

  public init(chosen: Double, rejected: Double, mismatched: Double? = nil) {
    self.chosen = chosen
    self.rejected = rejected
    self.mismatched = mismatched
  }
}

/// Which segments of a batch are a pair's answers, and what a loss needs to know of the pair.
public struct SegmentPair: Sendable, Hashable {
  /// The segment with the better answer, and the one with the worse.
  public var chosen: Int
  public var rejected: Int
  /// The segment with another pair's chosen answer after this prompt, where the loss needs it.
  public var mismatched: Int?
  public var weight: Double
  public var reference: ReferenceLogProbabilities?

  public init(
    chosen: Int, rejected: Int, mismatched: Int? = nil, weight: Double = 1,
    reference: ReferenceLogProbabilities? = nil
  ) {
    self.chosen = chosen
    self.rejected = rejected
    self.mismatched = mismatched
    self.weight = weight
    self.reference = reference
  }
}
