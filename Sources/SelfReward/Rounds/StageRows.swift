import Formats
import Tokenizers

// How the loop's values stand in its files: keys in words, one prompt a row.

extension Problem {
  var row: JSON {
    [
      "id": .string(id), "prompt": .string(prompt),
      "statement": statement.map { .array($0.parts.map { .string($0) }) } ?? .null,
    ]
  }

  init(_ row: JSON, path: String, number: Int) throws {
    let reader = NumberReader(row, path: path, row: number)
    self.init(
      id: try reader.text("id"), prompt: try reader.text("prompt"),
      statement: row["statement"]?.arrayValue.map { Statement($0.compactMap(\.stringValue)) })
  }
}

extension Candidate {
  var row: JSON {
    [
      "text": .string(text), "tokens": .array(tokens.map { .integer(Int($0)) }),
      "complete": .bool(isComplete),
    ]
  }

  init(_ row: JSON, path: String, number: Int) throws {
    let reader = NumberReader(row, path: path, row: number)
    self.init(
      text: try reader.text("text"),
      tokens: try reader.list("tokens").compactMap { $0.intValue.flatMap { TokenID(exactly: $0) } },
      isComplete: try reader.flag("complete"))
  }
}

extension Judgment {
  var row: JSON {
    var row: JSONObject = ["score": score.map { .number($0) } ?? .null]
    if !samples.isEmpty { row["samples"] = .array(samples.map { $0.map { .number($0) } ?? .null }) }
    if !texts.isEmpty { row["texts"] = .array(texts.map { .string($0) }) }
    return .object(row)
  }

  init(_ row: JSON) {
    self.init(
      score: row["score"]?.doubleValue,
      samples: (row["samples"]?.arrayValue ?? []).map(\.doubleValue),
      texts: (row["texts"]?.arrayValue ?? []).compactMap(\.stringValue))
  }
}

extension SelectedPair {
  /// The pair as a line for people, with its prompt.
  func row(prompt: String) -> JSON {
    [
      "prompt": .string(prompt), "chosen": .string(chosen.text), "rejected": .string(rejected.text),
      "score_chosen": .number(chosenScore), "score_rejected": .number(rejectedScore),
      "weight": .number(weight),
    ]
  }
}

extension PairCounts {
  var json: JSON {
    [
      "prompts": .integer(prompts), "kept": .integer(kept), "ties": .integer(ties),
      "below_margin": .integer(belowMargin), "below_floor": .integer(belowFloor),
      "below_votes": .integer(belowVotes),
      "disagreements": .integer(disagreements), "same_answer": .integer(sameAnswer),
      "too_few": .integer(tooFew), "truncated": .integer(truncated),
      "missing": .integer(missing), "length_penalty": .number(lengthPenalty),
    ]
  }
}
