/// How pairs are made from judged candidates.
public struct PairOptions: Sendable, Hashable {
  /// Which two of a prompt's candidates become a pair.
  public enum Selection: String, Sendable, Hashable, CaseIterable {
    /// The best against the worst.
    case extremes
    /// Any two, whatever their scores: the control.
    case random
    /// The best against the worst after scores were dealt out anew within each prompt: the other control.
    case shuffled
  }

  /// What keeps chosen answers from being the longer ones.
  public enum LengthControl: Sendable, Hashable {
    case none
    /// Scores less α tokens, with the α that makes the mean length gap zero (DICE).
    case zeroGap
    /// The shortest of the best and the longest of the worst share ρ of the score range (Meta-Rewarding).
    case band(Double)
  }

  /// How much a pair counts in the loss.
  public enum Weighting: String, Sendable, Hashable, CaseIterable {
    case none
    /// (V⁺ − V⁻) / k: by how many more candidates share the chosen one's answer (ScPO).
    case votes
    /// By how many more of a judgment's samples favour the chosen one than the rejected one, as a share.
    case agreement
  }

  public var selection = Selection.extremes
  public var lengthControl = LengthControl.none
  public var weighting = Weighting.none
  /// How much better the chosen one's score must be, levelled where α levels; equal ones never make a pair.
  public var margin = 0.0
  /// The least score of a chosen answer: the best of bad ones is no example; nil: no matter.
  public var floor: Double?
  /// The share of candidates that must agree with the chosen one; nil: no matter.
  public var minimumVotes: Double?
  /// Whether every sample of the judgments, of several rewards say, must favour the chosen one (SCIR).
  public var requiresAgreement = false
  /// Whether pairs whose two answers agree are left out: they would teach style only.
  public var requiresDifferentAnswers = false
  /// Whether the rejected one is the worst of the start's candidates rather than of the current model's.
  public var isAnchored = false

  public init() {}
}

/// Two candidates of a prompt, the first judged the better one.
public struct SelectedPair: Sendable, Hashable {
  /// Which of the sets.
  public var set: Int
  public var chosen: Candidate
  public var rejected: Candidate
  public var chosenScore: Double
  public var rejectedScore: Double
  public var weight: Double
}

/// What became of a round's prompts.
public struct PairCounts: Sendable, Hashable {
  public var prompts = 0
  public var kept = 0
  /// Prompts whose best and worst have the same score.
  public var ties = 0
  /// Prompts with a gap below the margin.
  public var belowMargin = 0
  /// Prompts whose best candidate isn't good enough.
  public var belowFloor = 0
  /// Prompts whose chosen answer too few candidates share.
  public var belowVotes = 0
  /// Prompts whose judgments' samples don't all favour the chosen answer, where they must.
  public var disagreements = 0
  /// Prompts whose two answers agree, where that isn't wanted, and pairs without weight.
  public var sameAnswer = 0
  /// Prompts with fewer than two judged whole candidates.
  public var tooFew = 0
  /// Candidates left out because they were cut off or hold a NUL, or because nothing could be read in their judgment.
  public var truncated = 0
  public var missing = 0
  /// DICE's α where lengths were levelled.
  public var lengthPenalty = 0.0

  public init() {}
}
