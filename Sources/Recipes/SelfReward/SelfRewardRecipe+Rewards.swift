extension SelfRewardRecipe {
  /// A reward, its options and its share.
  public struct Reward: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      case statement, statementMean = "statement-mean", statementLeast = "statement-least"
      /// What the judge itself would write in the statement's places, among the words that may stand there.
      case statementExpected = "statement-expected"
      case calculator, vote, likelihood, implicit, verifier, pairwise
      case expectedScore = "expected-score"
      /// The paper's: a judge that speaks, several times.
      case sampled
      /// A program that judges: JSON lines through its standard input and output.
      case command
      /// An address that judges: JSON over POST.
      case http
    }

    public var kind: Kind
    public var weight = 1.0
    /// How a judge is asked (expected-score, sampled).
    public var rubric = Rubric.short
    /// How often and how freely it speaks (sampled).
    public var samples = 3
    public var temperature = 0.7
    public var topP = 0.9
    public var maximumTokens = 256
    /// The least and the greatest number that an answer may write (statement-expected).
    public var numbers = [0, 15]
    /// The score of an answer that writes no calculation down; nil: it has none (calculator).
    public var scoreWithoutEquations: Double? = 0
    /// Whether tokens' log-likelihoods are averaged, or summed (likelihood, implicit).
    public var isLengthNormalized: Bool
    /// What the ratio of likelihoods is multiplied by (implicit).
    public var beta = 0.1
    /// How comparisons make a score (pairwise).
    public var counting = Counting.probabilities
    /// The program, looked up in `PATH`, and what it is given (command).
    public var command: [String] = []
    /// `http://host:port/path`, or https (http).
    public var address = ""
    /// How patiently a judge outside is asked (command, http).
    public var retries = Retries()

    public init(kind: Kind) {
      self.kind = kind
      if kind == .sampled { rubric = .additive }
      isLengthNormalized = kind == .likelihood
    }
  }

  /// How a judge is asked for a score.
  public enum Rubric: Sendable, Hashable {
    case additive, short
    case own(OwnRubric)
  }

  /// A rubric of the user's.
  public struct OwnRubric: Sendable, Hashable {
    /// With places for `{prompt}` and `{response}`.
    public var text: String
    /// The least and the greatest score.
    public var scores = [0, 5]
    /// What a reply says before its score.
    public var label = "Score:"

    public init(text: String) { self.text = text }
  }

  /// How comparisons make a score.
  public enum Counting: String, Sendable, Hashable, CaseIterable {
    /// A point for each candidate beaten in both orders.
    case wins
    /// The mean probability of winning in both orders.
    case probabilities
  }

  /// How often and how patiently a judge outside is asked.
  public struct Retries: Sendable, Hashable {
    /// How often one candidate is asked about at most.
    public var attempts = 3
    /// Seconds that a reply may take.
    public var timeout = 30.0
    /// Seconds before the second attempt; each further one waits `delayFactor` times as long.
    public var firstDelay = 0.5
    public var delayFactor = 2.0
    public var longestDelay = 30.0
    /// After how many candidates in a row without a reply the rest isn't asked about any more.
    public var patience = 20
  }
}

extension SelfRewardRecipe.Reward.Kind {
  /// Whether it needs a problem's statement, or numbers for answers.
  var isForArithmetic: Bool {
    switch self {
    case .statement, .statementMean, .statementLeast, .statementExpected, .calculator, .vote: true
    case .likelihood, .implicit, .verifier, .pairwise, .expectedScore, .sampled, .command, .http: false
    }
  }

  var hasRubric: Bool { self == .expectedScore || self == .sampled }
  var hasLikelihood: Bool { self == .likelihood || self == .implicit }
  var isOutside: Bool { self == .command || self == .http }
}

extension SelfRewardRecipe.Judge {
  /// The rubric of the first reward that has one.
  public var rubric: SelfRewardRecipe.Rubric? { rewards.first { $0.kind.hasRubric }?.rubric }
}

extension SelfRewardRecipe.Reward {
  /// How many opinions one judgment of it holds, for pairs that ask whether they agree.
  var opinions: Int {
    // Comparisons aren't several: each is with another rival, and two candidates don't have the same ones.
    kind == .sampled ? samples : 1
  }
}
