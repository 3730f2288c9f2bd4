/// A preference pair as it is stored: the user's words and two answers.
public struct PreferenceText: Sendable, Hashable {
  /// The prompt, unrendered; a longer conversation as a JSON list of messages.
  public var prompt: String
  public var chosen: String
  public var rejected: String
  public var weight: Double
  /// What a judge gave the answers, for people to read.
  public var chosenScore: Double?
  public var rejectedScore: Double?

  public init(
    prompt: String, chosen: String, rejected: String, weight: Double = 1, chosenScore: Double? = nil,
    rejectedScore: Double? = nil
  ) {
    self.prompt = prompt
    self.chosen = chosen
    self.rejected = rejected
    self.weight = weight
    self.chosenScore = chosenScore
    self.rejectedScore = rejectedScore
  }

  /// The pair as a row of a dataset of the kind `preference`.
  public var row: DatasetRow {
    var row = DatasetRow(["prompt": prompt, "chosen": chosen, "rejected": rejected, "weight": "\(weight)"])
    row["score_chosen"] = chosenScore.map { "\($0)" }
    row["score_rejected"] = rejectedScore.map { "\($0)" }
    return row
  }
}

extension DatasetWriter {
  /// Makes a dataset of preference pairs, all in the split `train`.
  public static func create(at path: String, source: String, pairs: [PreferenceText]) throws {
    try create(at: path, DatasetDescription(kind: .preference, source: source)) { writer in
      for pair in pairs { try writer.append(pair.row, split: "train") }
    }
  }
}
