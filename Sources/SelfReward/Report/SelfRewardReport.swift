import Evaluation
import Formats
import Foundation

/// A self-contained page of an experiment: curves of all arms, what the judge knew, and pairs to look at.
public struct SelfRewardReport: Sendable {
  public var title: String
  public var result: ExperimentResult

  public init(title: String, result: ExperimentResult) {
    self.title = title
    self.result = result
  }

  /// The page's text.
  public var html: String {
    HTMLPage(
      title: title, style: ".yes{color:var(--good)}.no{color:var(--bad)}",
      body: """
        <h2>What is claimed</h2><ul>\(result.claims.map(claim).joined())</ul>
        <h2>Accuracy on the test problems</h2>
        <p>pass@1 (greedy) after each round; bars are 95 % intervals over seeds and questions.</p>
        \(chart { $0.accuracy(round: $1) })
        <p>Each arm less its start, paired on seeds and questions.</p>
        \(chart { $0.gain(round: $1) })
        <h2>What the judge knew</h2>
        <p>AUC: how often it scored a right candidate above a wrong one of the same prompt; purity: pairs whose chosen
        answer is right and whose rejected one is wrong. Means over seeds; random pairs have no judge.</p>
        \(table)
        <h2>Pairs that rounds trained on</h2>
        \(cards)
        """
    ).text
  }

  private func claim(_ claim: ExperimentResult.Claim) -> String {
    "<li class=\"\(claim.holds ? "yes" : "no")\">\(claim.holds ? "yes" : "no"): \(HTMLPage.escaped(claim.text))</li>"
  }

  private func chart(_ estimate: (ArmResult, Int) -> Estimate) -> String {
    LineChart(
      result.arms.map { arm in
        LineChart.Series(name: arm.arm.rawValue, estimates: (0...arm.rounds).map { estimate(arm, $0) })
      }, axis: "round"
    ).svg
  }

  private var table: String {
    let head = [
      "arm", "round", "AUC", "purity", "pairs", "ties", "parse", "votes", "length", "end", "distinct-2",
      "entropy", "KL to start", "margin", "win rate",
    ]
    let rows = result.arms.flatMap { arm in
      (1...max(1, arm.rounds)).map { round in
        row(arm.arm, round, arm.ledgers.compactMap { $0.first { $0.round == round } })
      }
    }
    return HTMLTable(head, rows).html
  }

  private func row(_ arm: Arm, _ round: Int, _ ledgers: [RoundLedger]) -> [String] {
    func cell(_ format: String, _ value: (RoundLedger) -> Double?) -> String {
      let known = ledgers.compactMap(value)
      return known.isEmpty ? "–" : String(format: format, mean(known))
    }
    let cells = [
      cell("%.3f") { arm == .random ? nil : $0.audit?.areaUnderCurve },
      cell("%.3f") { $0.audit?.purity }, cell("%.0f") { $0.counts.map { Double($0.kept) } },
      cell("%.0f") { $0.counts.map { Double($0.ties) } }, cell("%.3f") { $0.scores?.parseRate },
      cell("%.3f") { $0.statistics?.voteShare }, cell("%.1f") { $0.health.candidates.length },
      cell("%.3f") { $0.health.candidates.completeShare }, cell("%.3f") { $0.health.candidates.distinctTwo },
      cell("%.3f") { $0.health.entropy }, cell("%.4f") { $0.health.divergence },
      cell("%.3f") { $0.metrics["rewards/margins"]?.doubleValue }, cell("%.3f") { $0.health.winRate },
    ]
    return [arm.rawValue, "\(round)"] + cells
  }

  private var cards: String {
    result.samples.map { $0.card("\($0.arm.rawValue), round \($0.round): \($0.prompt)") }
      .joined(separator: "\n")
  }
}
