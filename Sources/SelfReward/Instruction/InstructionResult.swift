import Evaluation
import Formats
import Foundation

/// What a self-rewarding run on instructions came to.
public struct InstructionResult: Sendable {
  public let seed: UInt64
  /// What names the weights of the model tuned on instructions alone, and of the start.
  public let baseline: String
  public let start: String
  /// How many instructions both were tuned on.
  public let instructions: Int
  /// What became of the answers that examples of judging were made from.
  public let judgeData: JSONObject
  /// How well the judge agreed with people, before it learnt to judge (`sft`) and after (`start`).
  public let agreements: [MeasuredAgreement]
  /// Round 0 is the start.
  public let ledgers: [InstructionLedger]
  public let samples: [PairSample]

  /// As other programs read it.
  public var json: JSON {
    [
      "task": "instruction", "seed": .integer(Int(seed)), "baseline": .string(baseline),
      "start": .string(start), "instructions": .integer(instructions), "judge_data": .object(judgeData),
      "agreement": .array(agreements.map(\.json)), "rounds": .array(ledgers.map(\.json)),
      "samples": .array(samples.map { Self.row($0) }),
    ]
  }

  private static func row(_ sample: PairSample) -> JSON {
    var row: JSONObject = ["round": .integer(sample.round)]
    for (name, value) in sample.pair.row(prompt: sample.prompt).objectValue ?? JSONObject() {
      row[name] = value
    }
    return .object(row)
  }

  /// As a person reads it.
  public var table: String {
    var lines = ["judge data: \(JSON.object(judgeData).text())"]
    lines += agreements.map { entry in
      let agreement = entry.agreement
      return "\(entry.model), \(agreement.data), \(agreement.reward): \(agreement.accuracy.text), "
        + String(format: "by chance %.1f %%", 100 * agreement.chance)
    }
    lines += ledgers.map(\.summary)
    return lines.joined(separator: "\n")
  }
}

extension InstructionLedger {
  /// A round in a line.
  var summary: String {
    var text = round == 0 ? "start" : "round \(round)"
    if let kept = prompts["kept"]?.intValue, let attempts = prompts["attempts"]?.intValue {
      text += ": \(kept) prompts of \(attempts) attempts"
    }
    if let judgments {
      text +=
        ", \(judgments.candidates) candidates, \(judgments.single) judgments "
        + "(\(judgments.unreadable) unreadable)"
    }
    if let pairs { text += ", \(pairs.ties) ties, \(pairs.kept) pairs" }
    text += String(
      format: "; held-out answers: %.1f tokens, %.0f %% ended, entropy %.3f, KL to start %.4f",
      health.candidates.length, 100 * health.candidates.completeShare, health.entropy, health.divergence)
    if let rate = health.winRate { text += String(format: ", win rate %.3f", rate) }
    if let headToHead {
      text += "; head to head \(headToHead.wins) won, \(headToHead.ties) tied, \(headToHead.losses) lost"
    }
    return text
  }
}
