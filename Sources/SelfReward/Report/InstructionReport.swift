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
        \(cards)
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
    return HTMLTable(
      [
        "model", "data", "judge", "agreement", "without people's ties", "by chance", "ties", "missing",
        "read",
      ], rows
    ).html
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
    return HTMLTable(
      [
        "round", "tokens", "ended", "distinct-2", "entropy", "KL to start", "win rate", "won / tied / lost",
        "margin", "accuracy",
      ], rows
    ).html
  }

  private var counts: String {
    let rows = result.ledgers.filter { $0.round > 0 }.map { ledger in
      [
        "round \(ledger.round)", words(.object(ledger.prompts)), words(ledger.judgments?.json),
        words(ledger.scores?.json), words(ledger.pairs?.json),
      ]
    }
    return "<p>Judge data: \(HTMLPage.escaped(words(.object(result.judgeData))))</p>"
      + HTMLTable(["", "prompts", "judgments", "scores", "pairs"], rows).html
  }

  /// Counts in words, those that are zero left out.
  private func words(_ counts: JSON?) -> String {
    let known = (counts?.objectValue ?? [:]).filter { $0.value != .integer(0) && $0.value != .null }
    let entries = known.map { key, value in
      let number = value.intValue == nil ? value.doubleValue.map { String(format: "%.3g", $0) } : nil
      return "\(key.replacing("_", with: " ")) \(number ?? value.text())"
    }
    return entries.isEmpty ? "–" : entries.joined(separator: ", ")
  }

  private var cards: String {
    result.samples.map { $0.card("round \($0.round): \($0.prompt)") }.joined(separator: "\n")
  }
}
