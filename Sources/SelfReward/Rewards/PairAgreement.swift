/// How far the single judgments of two candidates agree that one is better: a filter for pairs, and their weight.
///
/// With the rewards of an `AgreementReward` the samples are different rewards (SCIR, arXiv:2502.08922: only pairs
/// that all of them order alike are trained on); with a rubric they are repeated judgments. A sample that is
/// missing on either side votes for nobody.
public struct PairAgreement: Sendable, Hashable {
  public let favouring: Int
  public let opposing: Int
  public let undecided: Int

  /// Counts, sample by sample, which of the two judgments is higher.
  public init(_ chosen: Judgment, over rejected: Judgment) {
    var (favouring, opposing) = (0, 0)
    for case (let better?, let worse?) in zip(chosen.samples, rejected.samples) {
      if better > worse { favouring += 1 }
      if better < worse { opposing += 1 }
    }
    self.favouring = favouring
    self.opposing = opposing
    undecided = max(chosen.samples.count, rejected.samples.count) - favouring - opposing
  }

  /// Whether every sample favours the chosen one.
  public var isUnanimous: Bool { favouring > 0 && opposing == 0 && undecided == 0 }

  /// The share of samples that favour it, less the share that oppose it: from −1 to 1; 0 without any.
  public var weight: Double {
    let count = favouring + opposing + undecided
    return count == 0 ? 0 : Double(favouring - opposing) / Double(count)
  }
}
