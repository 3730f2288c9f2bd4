import Evaluation
import Formats
import Foundation

/// A self-contained page of a run on instructions: agreement with people, the rounds side by side, pairs to look at.
public struct InstructionReport: Sendable {
  public var title: String
  public var result: InstructionResult

  public init(title: String, result: InstructionResult) {
    self.title = title
    self.result = result
  }

  /// The page's text.
  public var html: String {
    HTMLPage(
      title: title,
      body: """
        <p>Nothing here is measured against true answers, for there are none: models judge, and how far
        people agree with that is in the first table.</p>
        <h2>The judge beside people</h2>
        <p>How often the judge prefers what people preferred, with 95 % intervals: before it learnt to
        judge (sft) and after (start).</p>
        \(agreements)
        <h2>The rounds</h2>
        <p>Answers to held-out prompts; the win rate is over the start's answers, by the start as judge.</p>
        \(LineChart([curve("win rate") { $0.winRate }], axis: "round").svg)
        \(LineChart([curve("tokens") { $0.candidates.length }], axis: "round").svg)
        \(rounds)
        <h2>What became of prompts, judgments and pairs</h2>
        \(counts)
        <h2>Pairs that rounds trained on</h2>
        \(result.samples.map(card).joined(separator: "\n"))
        """
    ).text
  }

  private func curve(_ name: String, _ value: (RoundHealth) -> Double?) -> LineChart.Series {
    LineChart.Series(
      name: name,
      curve: result.ledgers.compactMap { ledger in
        value(ledger.health).map { (x: Double(ledger.round), y: $0) }
      })
  }

  private var agreements: String {
    let rows = result.agreements.map { entry in
      let agreement = entry.agreement
      return [
        entry.model, agreement.data, agreement.reward, agreement.accuracy.text,
        agreement.decidedAccuracy.text, String(format: "%.1f %%", 100 * agreement.chance),
        "\(agreement.ties)", "\(agreement.missing)",
        agreement.quality.parseRate.map { String(format: "%.3f", $0) } ?? "–",
      ]
    }
    return table(
      [
        "model", "data", "judge", "agreement", "without people's ties", "by chance", "ties", "missing",
        "read",
      ], rows)
  }

  private var rounds: String {
    func number(_ format: String, _ value: Double?) -> String {
      value.map { String(format: format, $0) } ?? "–"
    }
    let rows = result.ledgers.map { ledger in
      let health = ledger.health
      return [
        "\(ledger.round)", number("%.1f", health.candidates.length),
        number("%.3f", health.candidates.completeShare), number("%.3f", health.candidates.distinctTwo),
        number("%.3f", health.entropy), number("%.4f", health.divergence), number("%.3f", health.winRate),
        ledger.headToHead.map { "\($0.wins) / \($0.ties) / \($0.losses)" } ?? "–",
        number("%.3f", ledger.metrics["rewards/margins"]?.doubleValue),
        number("%.3f", ledger.metrics["rewards/accuracies"]?.doubleValue),
      ]
    }
    return table(
      [
        "round", "tokens", "ended", "distinct-2", "entropy", "KL to start", "win rate", "won / tied / lost",
        "margin", "accuracy",
      ], rows)
  }

  private var counts: String {
    let rows = result.ledgers.filter { $0.round > 0 }.map { ledger in
      [
        "\(ledger.round)", JSON.object(ledger.prompts).text(), ledger.judgments?.json.text() ?? "–",
        ledger.scores?.json.text() ?? "–", ledger.pairs?.json.text() ?? "–",
      ]
    }
    return "<p>Judge data: \(HTMLPage.escaped(JSON.object(result.judgeData).text()))</p>"
      + table(["round", "prompts", "judgments", "scores", "pairs"], rows)
  }

  private func table(_ head: [String], _ rows: [[String]]) -> String {
    let body = rows.map { row in
      "<tr>\(row.map { "<td>\(HTMLPage.escaped($0))" }.joined())</tr>"
    }
    return "<table><tr>\(head.map { "<th>\($0)" }.joined())</tr>\(body.joined())</table>"
  }

  private func card(_ sample: PairSample) -> String {
    func answer(_ name: String, _ text: String, _ score: Double) -> String {
      "<div>\(name) (\(String(format: "%.3g", score))): \(HTMLPage.escaped(text))</div>"
    }
    return """
      <div class="card"><div class="q">\(HTMLPage.escaped("round \(sample.round): \(sample.prompt)"))</div>
      \(answer("chosen", sample.pair.chosen.text, sample.pair.chosenScore))
      \(answer("rejected", sample.pair.rejected.text, sample.pair.rejectedScore))</div>
      """
  }
}
