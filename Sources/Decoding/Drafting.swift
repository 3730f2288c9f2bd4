import Tokenizers

/// What guesses how sequences go on, so that a model can look at several tokens in one pass.
///
/// Guesses cost time when they are wrong, but never change what is said: the model chooses every token itself, with
/// the random numbers of that step, and a guess only saves the pass for a token that was guessed right
/// (speculative decoding: arXiv:2211.17192, arXiv:2302.01318; with noise that belongs to the tokens the
/// answer doesn't even depend on the drafter: arXiv:2408.07978).
public protocol Drafter: AnyObject {
  /// The time that guessing one token takes, relative to a pass of the model.
  var relativeCost: Double { get }
  /// Which part of its guesses is right, as far as anybody knows beforehand.
  var expectedRate: Double { get }
  /// Guesses, for each sequence, at most `limit` tokens; perhaps none.
  func draft(_ sequences: [DraftRequest]) throws -> [[TokenID]]
}

/// A sequence whose next tokens are to be guessed.
public struct DraftRequest {
  /// The sequence as the model has seen it: all of `history` but the last token.
  public let context: any DecodingContext
  /// Prompt and answer so far.
  public let history: [TokenID]
  /// The most tokens worth guessing; may be 0.
  public let limit: Int
  /// How the model will choose its tokens.
  public let sampler: Sampler
  /// What its random numbers depend on.
  public let sequence: Int
  public let step: Int
  /// Tokens behind which nothing comes.
  public let stopTokens: Set<TokenID>
}

/// How a sequence's guesses fared.
public struct DraftingCounts: Sendable, Hashable {
  /// Passes of the model that the sequence took part in, its prompt's included.
  public var passes = 0
  public var drafted = 0
  public var accepted = 0

  public init() {}
}

/// How many tokens it is worth guessing, judged by how the last ones fared.
///
/// It goes by counts alone, never by time, so that it is the same in every run.
struct DraftLength {
  /// What another row adds to the time of a pass, as a part of it.
  private static let rowCost = 0.12
  /// How much of what is known outlives a pass.
  private static let memory = 0.93
  /// Passes after which guessing is tried again where it wasn't worth it.
  private static let patience = 16

  private let relativeCost: Double
  /// A length that is asked for; nil for one that adapts.
  private let fixed: Int?
  // Guesses that were right, and that were looked at, as if a few had gone before.
  private var right: Double
  private var tried = 4.0
  private var idlePasses = 0

  init(fixed: Int?, relativeCost: Double, expectedRate: Double) {
    self.fixed = fixed
    self.relativeCost = relativeCost
    right = tried * expectedRate
  }

  /// How many to guess at most `limit`.
  func next(limit: Int) -> Int {
    if let fixed { return min(fixed, limit) }
    if limit < 1 { return 0 }
    let rate = right / tried
    var (best, bestSpeed) = (0, 1.0)
    var (expected, power) = (1.0, 1.0)
    for length in 1...limit {
      power *= rate
      expected += power
      let speed = expected / (1 + Double(length) * (relativeCost + Self.rowCost))
      if speed > bestSpeed { (best, bestSpeed) = (length, speed) }
    }
    return best == 0 && idlePasses >= Self.patience ? 1 : best
  }

  /// Takes note of a pass.
  mutating func observe(drafted: Int, accepted: Int) {
    idlePasses = drafted == 0 ? idlePasses + 1 : 0
    if drafted == 0 { return }
    right = right * Self.memory + Double(accepted)
    tried = tried * Self.memory + Double(min(drafted, accepted + 1))
  }
}
