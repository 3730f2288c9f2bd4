import Evaluation
import Formats
import Foundation

/// A pair that a round trained on, to be looked at.
public struct PairSample: Sendable, Hashable {
  /// How many of a round are kept.
  static let shown = 4

  public var arm: Arm
  public var round: Int
  public var prompt: String
  public var pair: SelectedPair
}

/// What all arms came to, with the audits and the oracle's log.
public struct ExperimentResult: Sendable {
  public let arms: [ArmResult]
  /// The start's judge, one audit a seed.
  public let audits: [JudgeAudit]
  public let samples: [PairSample]
  /// How often a loop other than the oracle arm's asked for a true answer.
  public let oracleCallsInLoop: Int
  /// Who asked it what for since this process began; a log, not a part of the result.
  public let oracleLog: JSON

  public subscript(arm: Arm) -> ArmResult? { arms.first { $0.arm == arm } }

  /// What a run wants to have shown, with the numbers that decide it.
  public struct Claim: Sendable, Hashable {
    public var text: String
    public var holds: Bool
  }

  /// Self beats the start and random pairs, random pairs don't beat the start, the oracle isn't worse than self.
  public var claims: [Claim] {
    guard let own = self[.own] else { return [] }
    let last = own.rounds
    let final = own.accuracy(round: last)
    let start = own.accuracy(round: 0)
    var claims = [
      Claim(
        text: "self \(final.text) beats the start \(start.text), intervals apart",
        holds: final.lower > start.upper)
    ]
    if let random = self[.random] {
      let other = random.accuracy(round: random.rounds)
      claims.append(
        Claim(
          text: "self \(final.text) beats random pairs \(other.text), intervals apart",
          holds: final.lower > other.upper))
      let gain = random.gain(round: random.rounds)
      claims.append(
        Claim(text: "random pairs don't beat the start: difference \(gain.text)", holds: gain.lower <= 0))
    }
    if let oracle = self[.oracle] {
      let difference = oracle.difference(to: own, round: max(last, oracle.rounds))
      claims.append(
        Claim(
          text: "the oracle isn't worse than self: difference \(difference.text)",
          holds: difference.upper >= 0
        ))
    }
    claims.append(
      Claim(text: "oracle_calls_in_loop: \(oracleCallsInLoop)", holds: oracleCallsInLoop == 0))
    return claims
  }

  /// As other programs read it.
  public var json: JSON {
    var arms = JSONObject()
    for arm in self.arms {
      let rounds = (0...arm.rounds).map { round -> JSON in
        var json: JSONObject = [
          "pass@1": arm.accuracy(round: round).json, "gain": arm.gain(round: round).json,
        ]
        for (name, measure) in Self.measures {
          json[name] = Estimate(crossed: arm.scores(round: round, measure)).json
        }
        for name in Self.others(arm) {
          json[name] = Estimate(crossed: Self.other(name, arm, round)).json
        }
        return .object(json)
      }
      arms[arm.arm.rawValue] = ["rounds": .array(rounds)]
    }
    return [
      "arms": .object(arms), "audits": .array(audits.map(\.json)),
      "claims": .array(claims.map { ["claim": .string($0.text), "holds": .bool($0.holds)] }),
      "oracle_calls_in_loop": .integer(oracleCallsInLoop),
    ]
  }

  private static let measures: [(String, any KeyPath<Examination, [Double]> & Sendable)] = [
    ("mean@k", \.sampled), ("maj@k", \.majority), ("pass@k", \.any),
  ]

  /// The other models that an arm's rounds were measured with.
  static func others(_ arm: ArmResult) -> [String] {
    (arm.ledgers.first?.first?.others.keys).map { $0.sorted() } ?? []
  }

  static func other(_ name: String, _ arm: ArmResult, _ round: Int) -> [[Double]] {
    arm.ledgers.map { $0[min(round, $0.count - 1)].others[name]?.greedy ?? [] }
  }
}

extension ExperimentResult {
  /// As a person reads it: accuracy by arm and round, what the judge knew, and what is claimed.
  public var table: String {
    guard let first = arms.first else { return "" }
    let seeds = first.ledgers.count
    let questions = first.ledgers.first?.first?.examination.greedy.count ?? 0
    var lines = ["pass@1 on \(questions) test questions, \(seeds) seeds; 95 % intervals over both"]
    for arm in arms {
      let cells = (0...arm.rounds).map { arm.accuracy(round: $0).text }
      lines.append("  \(Self.padded(arm.arm.rawValue))\(cells.joined(separator: "   "))")
      for name in Self.others(arm) {
        let cells = (0...arm.rounds).map { Estimate(crossed: Self.other(name, arm, $0)).text }
        lines.append("  \(Self.padded("  " + name))\(cells.joined(separator: "   "))")
      }
    }
    lines.append("what the rounds trained on (means over seeds)")
    // An arm that went back to its start has none.
    for arm in arms where arm.rounds > 0 {
      for round in 1...arm.rounds {
        let ledgers = arm.ledgers.compactMap { $0.first { $0.round == round } }
        lines.append("  \(Self.padded("\(arm.arm.rawValue) \(round)"))\(Self.line(ledgers))")
      }
    }
    lines += claims.map { "\($0.holds ? "yes" : "NO ") \($0.text)" }
    return lines.joined(separator: "\n")
  }

  private static func line(_ ledgers: [RoundLedger]) -> String {
    func average(_ value: (RoundLedger) -> Double?) -> Double { mean(ledgers.compactMap(value)) }
    return String(
      format: "judge AUC %.3f, purity %.1f %%, kept %.0f, ties %.0f, maj@k %.1f %%, votes %.2f, length %.1f, "
        + "end %.3f, entropy %.3f, KL %.4f",
      average { $0.audit?.areaUnderCurve }, 100 * average { $0.audit?.purity },
      average { $0.counts.map { Double($0.kept) } }, average { $0.counts.map { Double($0.ties) } },
      100 * average { mean($0.examination.majority) }, average { $0.statistics?.voteShare },
      average { $0.health.candidates.length }, average { $0.health.candidates.completeShare },
      average { $0.health.entropy }, average { $0.health.divergence })
  }

  private static func padded(_ text: String) -> String {
    text.padding(toLength: 14, withPad: " ", startingAt: 0)
  }
}
