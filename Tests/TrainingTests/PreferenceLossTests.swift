import Foundation
import Testing

@testable import Training

@Suite("Losses of preference pairs")
struct PreferenceLossTests {
  static let losses: [PreferenceLoss] = [
    .sigmoid(labelSmoothing: 0), .sigmoid(labelSmoothing: 0.2), .hinge, .ipo, .robust(labelSmoothing: 0.1),
    .simpo(margin: 0.7), .orpo, .kto(desirable: 1, undesirable: 1), .kto(desirable: 0.6, undesirable: 1.7),
  ]

  /// Log-probabilities of answers of 5 and 3 tokens, and by how much the policy has moved from the reference.
  static func pair(chosen: Double = -9, rejected: Double = -7, moved: (Double, Double) = (0, 0))
    -> PairLikelihoods
  {
    PairLikelihoods(
      chosen: AnswerLikelihood(policy: chosen + moved.0, reference: chosen, tokens: 5),
      rejected: AnswerLikelihood(policy: rejected + moved.1, reference: rejected, tokens: 3))
  }

  /// At the start, where policy and reference are one.
  @Test(arguments: [0.1, 0.5, 3])
  func valuesAtTheStart(beta: Double) {
    func loss(_ loss: PreferenceLoss, isLengthNormalized: Bool = false) -> Double {
      PreferenceOptions(loss: loss, beta: beta, isLengthNormalized: isLengthNormalized)
        .loss(of: Self.pair()).value
    }
    for isLengthNormalized in [false, true] {
      for smoothing in [0, 0.1, 0.3] {
        let smoothed = loss(.sigmoid(labelSmoothing: smoothing), isLengthNormalized: isLengthNormalized)
        #expect(abs(smoothed - log(2)) < 1e-15)
        let robust = loss(.robust(labelSmoothing: smoothing), isLengthNormalized: isLengthNormalized)
        #expect(abs(robust - log(2)) < 1e-14)
      }
      #expect(loss(.hinge, isLengthNormalized: isLengthNormalized) == 1)
    }
    let distance = 1 / (2 * beta)
    #expect(loss(.ipo) == distance * distance)
    #expect(loss(.kto(desirable: 1, undesirable: 3)) == 1)
  }

  @Test func theFirstGradientIsHalfOfBeta() {
    let loss = PreferenceOptions(beta: 0.3).loss(of: Self.pair())
    #expect(loss.chosen == -0.15 && loss.rejected == 0.15)
    let normalized = PreferenceOptions(beta: 0.3, isLengthNormalized: true).loss(of: Self.pair())
    #expect(abs(normalized.chosen + 0.15 / 5) < 1e-16 && abs(normalized.rejected - 0.15 / 3) < 1e-16)
  }

  @Test(arguments: losses, [0, 1.5])
  func derivativesAreThoseOfTheValue(loss: PreferenceLoss, likelihoodWeight: Double) {
    for isLengthNormalized in [false, true] {
      let options = PreferenceOptions(
        loss: loss, beta: 0.4, likelihoodWeight: likelihoodWeight, isLengthNormalized: isLengthNormalized)
      for moved in [(0.0, 0.0), (1.3, -0.8), (-2.1, 0.4), (6, -6), (-30, 30)] {
        func value(_ chosen: Double, _ rejected: Double) -> Double {
          var pair = Self.pair(chosen: -40, rejected: -35, moved: (moved.0 + chosen, moved.1 + rejected))
          pair.baseline = 0.3
          return options.loss(of: pair).value
        }
        var pair = Self.pair(chosen: -40, rejected: -35, moved: moved)
        pair.baseline = 0.3
        let found = options.loss(of: pair)
        let step = 1e-5
        let chosen = (value(step, 0) - value(-step, 0)) / (2 * step)
        let rejected = (value(0, step) - value(0, -step)) / (2 * step)
        #expect(abs(found.chosen - chosen) < 1e-6 * (1 + abs(chosen)), "\(options) \(moved)")
        #expect(abs(found.rejected - rejected) < 1e-6 * (1 + abs(rejected)), "\(options) \(moved)")
      }
    }
  }

  /// Against the papers' equations, written down once more.
  @Test func valuesAwayFromTheStart() {
    let pair = Self.pair(moved: (1.5, -0.5))
    func value(_ loss: PreferenceLoss, beta: Double = 0.5) -> Double {
      PreferenceOptions(loss: loss, beta: beta).loss(of: pair).value
    }
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    #expect(abs(value(.sigmoid(labelSmoothing: 0)) + log(sigmoid(1))) < 1e-12)
    #expect(
      abs(value(.sigmoid(labelSmoothing: 0.2)) + 0.8 * log(sigmoid(1)) + 0.2 * log(sigmoid(-1))) < 1e-12)
    #expect(value(.hinge) == 0 && value(.hinge, beta: 0.25) == 0.5)
    #expect(abs(value(.ipo) - pow(1.5 / 5 + 0.5 / 3 - 1, 2)) < 1e-12)
    #expect(
      abs(value(.robust(labelSmoothing: 0.1)) - (-0.9 * log(sigmoid(1)) + 0.1 * log(sigmoid(-1))) / 0.8)
        < 1e-12)
    let (chosen, rejected) = (-7.5 / 5, -7.5 / 3)
    #expect(abs(value(.simpo(margin: 0.3)) + log(sigmoid(0.5 * (chosen - rejected) - 0.3))) < 1e-12)
    let odds = [chosen, rejected].map { exp($0) / (1 - exp($0)) }
    #expect(abs(value(.orpo) - (-chosen - 0.5 * log(sigmoid(log(odds[0] / odds[1]))))) < 1e-12)
    let kto = (2 * (1 - sigmoid(0.75)) + 3 * (1 - sigmoid(0.25))) / 2
    #expect(abs(value(.kto(desirable: 2, undesirable: 3)) - kto) < 1e-12)
  }

  @Test func nothingOverflowsFarAway() {
    for loss in Self.losses {
      for moved in [(4000.0, -4000.0), (-4000, 4000)] {
        let found = PreferenceOptions(loss: loss, beta: 1).loss(
          of: Self.pair(chosen: -8000, rejected: -8000, moved: moved))
        #expect(found.value.isFinite && found.chosen.isFinite && found.rejected.isFinite, "\(loss) \(moved)")
      }
    }
    // Certain answers: an odds ratio would be infinite.
    let certain = PreferenceOptions(loss: .orpo).loss(of: Self.pair(chosen: 0, rejected: 0))
    #expect(certain.value.isFinite && certain.chosen.isFinite && certain.rejected.isFinite)
  }
}
