import Foundation

/// The thresholds that an audit must pass before rounds spend compute.
public struct AuditGate: Sendable, Hashable {
  /// The least share of couples that the judge orders rightly; 0.5 is a coin.
  public var areaUnderCurve = 0.55
  /// The least difference between the accuracies of chosen and of rejected answers.
  public var selectionGain = 0.05
  /// The least number of pairs that the labelled few must give.
  public var pairs = 20
  /// Whether a run that doesn't pass is refused; otherwise it is only told.
  public var isEnforced = true

  public init() {}

  /// What falls short; nothing when the audit passes.
  public func findings(_ audit: JudgeAudit) -> [GateFinding] {
    var findings: [GateFinding] = []
    func check(_ found: Double, _ least: Double, _ what: String, _ key: String) {
      if found < least { findings.append(GateFinding(what: what, found: found, least: least, key: key)) }
    }
    check(audit.areaUnderCurve, areaUnderCurve, "judge AUC", "gate.judge_auc")
    check(audit.selectionGain, selectionGain, "selection gain", "gate.selection_gain")
    check(Double(audit.pairs), Double(pairs), "number of pairs", "gate.pairs")
    return findings
  }

  /// - Throws: `SelfRewardLoopError.gateClosed` where the audit falls short and that matters.
  public func check(_ audit: JudgeAudit) throws -> [GateFinding] {
    let findings = findings(audit)
    if isEnforced, !findings.isEmpty { throw SelfRewardLoopError.gateClosed(findings) }
    return findings
  }
}

/// A number of the audit below its threshold.
public struct GateFinding: Sendable, Hashable {
  public var what: String
  public var found: Double
  public var least: Double
  /// The recipe's key of the threshold.
  public var key: String

  public init(what: String, found: Double, least: Double, key: String) {
    self.what = what
    self.found = found
    self.least = least
    self.key = key
  }

  /// As a person reads it.
  public var text: String {
    "the audit's \(what) is \(String(format: "%.3g", found)), the gate wants at least "
      + "\(String(format: "%.3g", least)) (\(key))"
  }
}
