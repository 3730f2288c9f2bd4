/// Which function of a pair's log-probabilities is minimised.
public enum PreferenceLoss: Sendable, Hashable {
  /// DPO (Rafailov and others 2023); with label smoothing cDPO (Mitchell 2023).
  case sigmoid(labelSmoothing: Double)
  /// The margin of SLiC on DPO's rewards (Zhao and others 2023; Liu and others 2023).
  case hinge
  /// IPO (Azar and others 2023), on log-probabilities per token as in TRL.
  case ipo
  /// Robust DPO (Chowdhury and others 2024): unbiased where a share of the labels is flipped.
  case robust(labelSmoothing: Double)
  /// SimPO (Meng and others 2024): log-probabilities per token, a target margin γ, no reference.
  case simpo(margin: Double)
  /// ORPO (Hong and others 2024): the chosen answer's likelihood with a penalty of odds, no reference.
  case orpo
  /// KTO (Ethayarajh and others 2024), each answer a good or bad example of its own against a baseline.
  case kto(desirable: Double, undesirable: Double)

  /// Whether the loss compares with a reference model.
  public var needsReference: Bool {
    switch self {
    case .sigmoid, .hinge, .ipo, .robust, .kto: true
    case .simpo, .orpo: false
    }
  }

  /// Whether batches must hold mismatched answers, for the baseline.
  public var needsMismatches: Bool {
    if case .kto = self { true } else { false }
  }

  /// Whether the loss is defined on log-probabilities per token.
  public var isAlwaysLengthNormalized: Bool {
    switch self {
    case .ipo, .simpo, .orpo: true
    case .sigmoid, .hinge, .robust, .kto: false
    }
  }
}

/// How preferences are learnt.
public struct PreferenceOptions: Sendable, Hashable {
  public var loss: PreferenceLoss
  /// The strength of the reward: `β · log-ratio`; ORPO's λ.
  public var beta: Double
  /// The weight of the chosen answer's negative log-likelihood per token, beside the loss (IRPO, Pang and others 2024).
  public var likelihoodWeight: Double
  /// Whether log-probabilities are divided by the answers' lengths, where the loss leaves the choice.
  public var isLengthNormalized: Bool

  public init(
    loss: PreferenceLoss = .sigmoid(labelSmoothing: 0), beta: Double = 0.1, likelihoodWeight: Double = 0,
    isLengthNormalized: Bool = false
  ) {
    precondition(
      beta > 0 && likelihoodWeight >= 0, "a reward has a strength, a likelihood a weight from 0 up")
    self.loss = loss
    self.beta = beta
    self.likelihoodWeight = likelihoodWeight
    self.isLengthNormalized = isLengthNormalized
  }
}
