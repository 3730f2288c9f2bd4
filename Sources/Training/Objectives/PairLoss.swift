/// What a model and the reference make of one answer: log π(y|x) and log π_ref(y|x), summed over its tokens.
struct AnswerLikelihood {
  var policy: Double
  var reference: Double
  var tokens: Int
}

/// What the loss of one pair looks at.
struct PairLikelihoods {
  var chosen: AnswerLikelihood
  var rejected: AnswerLikelihood
  /// KTO's z₀.
  var baseline = 0.0
}

/// The loss of one pair, and its derivatives with respect to the summed log-probabilities of both answers.
struct PairLoss: Equatable {
  var value: Double
  var chosen: Double
  var rejected: Double
}

extension PreferenceOptions {
  /// log π/π_ref, or log π where the loss has no reference.
  func logRatio(_ answer: AnswerLikelihood) -> Double {
    loss.needsReference ? answer.policy - answer.reference : answer.policy
  }

  /// What a sum over an answer's tokens is divided by.
  func divisor(_ answer: AnswerLikelihood) -> Double {
    isLengthNormalized || loss.isAlwaysLengthNormalized ? Double(answer.tokens) : 1
  }

  /// The loss of one pair with every term.
  func loss(of pair: PairLikelihoods) -> PairLoss {
    let (chosenDivisor, rejectedDivisor) = (divisor(pair.chosen), divisor(pair.rejected))
    var loss = loss(
      chosen: logRatio(pair.chosen) / chosenDivisor, rejected: logRatio(pair.rejected) / rejectedDivisor,
      baseline: pair.baseline)
    loss.chosen /= chosenDivisor
    loss.rejected /= rejectedDivisor
    // − α/|y_w| · log π(y_w|x); ORPO is this and its penalty.
    let weight = likelihoodWeight + (self.loss == .orpo ? 1 : 0)
    let length = Double(pair.chosen.tokens)
    loss.value -= weight * pair.chosen.policy / length
    loss.chosen -= weight / length
    return loss
  }

  private func loss(chosen: Double, rejected: Double, baseline: Double) -> PairLoss {
    func ofMargin(_ loss: Sloped) -> PairLoss {
      PairLoss(value: loss.value, chosen: loss.slope, rejected: -loss.slope)
    }
    let h = chosen - rejected
    switch loss {
    case .sigmoid(let epsilon):
      return ofMargin(MarginLosses.sigmoid(h, beta: beta, labelSmoothing: epsilon))
    case .hinge:
      return ofMargin(MarginLosses.hinge(h, beta: beta))
    case .ipo:
      return ofMargin(MarginLosses.ipo(h, beta: beta))
    case .robust(let epsilon):
      return ofMargin(MarginLosses.robust(h, beta: beta, labelSmoothing: epsilon))
    case .simpo(let margin):
      return ofMargin(MarginLosses.simpo(h, beta: beta, margin: margin))
    case .orpo:
      let loss = AnswerLosses.oddsRatio(chosen: chosen, rejected: rejected, lambda: beta)
      return PairLoss(value: loss.value, chosen: loss.chosen, rejected: loss.rejected)
    case .kto(let desirable, let undesirable):
      let good = AnswerLosses.desirable(chosen, baseline: baseline, beta: beta, weight: desirable)
      let bad = AnswerLosses.undesirable(rejected, baseline: baseline, beta: beta, weight: undesirable)
      // The mean over examples, of which a pair is two.
      return PairLoss(
        value: (good.value + bad.value) / 2, chosen: good.slope / 2, rejected: bad.slope / 2)
    }
  }
}
