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
    func check(_ found: Double, _ least: Double, _ what: String) {
      if found < least { findings.append(GateFinding(what: what, found: found, least: least)) }
    }
    check(audit.areaUnderCurve, areaUnderCurve, "judge AUC")
    check(audit.selectionGain, selectionGain, "selection gain")
    check(Double(audit.pairs), Double(pairs), "pairs of the audit")
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

  public init(what: String, found: Double, least: Double) {
    self.what = what
    self.found = found
    self.least = least
  }

  /// As a person reads it.
  public var text: String {
    "the audit's \(what) is \(String(format: "%.3g", found)), the gate wants \(String(format: "%.3g", least))"
  }
}
