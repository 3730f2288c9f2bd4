import Formats

/// Which of two answers people preferred.
public enum PreferenceVerdict: String, Sendable, Hashable, CaseIterable {
  case first, second, tie
}

/// A prompt with two answers and people's verdict on them.
public struct HumanPreference: Sendable, Hashable {
  public var id: String
  public var prompt: String
  public var first: String
  public var second: String
  public var verdict: PreferenceVerdict

  public init(id: String, prompt: String, first: String, second: String, verdict: PreferenceVerdict) {
    self.id = id
    self.prompt = prompt
    self.first = first
    self.second = second
    self.verdict = verdict
  }
}

/// A set of pairs that people compared: judges are held against it.
public struct HumanPreferences: Sendable, Hashable {
  /// How a file is written, and what counts as agreement in it.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// `input`, `output_1`, `output_2`, `label` 1 or 2 (LLMBar, arXiv:2310.07641): there is always a better one, so
    /// a judge that can't tell is taken to toss a coin.
    case llmbar
    /// `instruction`, `input`, `response1`, `response2` and three annotators' 0 (tie), 1 or 2 (PandaLM,
    /// arXiv:2306.05087): the majority counts, and a tie is a verdict like the others.
    case pandalm

    /// Whether a tie can be right.
    public var allowsTies: Bool { self == .pandalm }
  }

  public var name: String
  public var format: Format
  public var pairs: [HumanPreference]
  /// Pairs left out because no verdict had a majority.
  public var undecided: Int

  /// Reads a JSON array of pairs, in the format that its fields show.
  ///
  /// - Parameter limit: Only so many of its first pairs.
  public init(path: String, limit: Int? = nil) throws {
    let records = try JSON(contentsOf: path).arrayValue ?? []
    guard let first = records.first else { throw SelfRewardError.noRecords(path: path) }
    format = first["output_1"] == nil ? .pandalm : .llmbar
    name = path.split(separator: "/").last.map(String.init) ?? path
    pairs = []
    undecided = 0
    for (index, record) in records.prefix(limit ?? records.count).enumerated() {
      let pair = format == .llmbar ? Self.llmbar(record, index) : Self.pandalm(record, index)
      guard let pair else {
        throw SelfRewardError.badRecord(
          path: path, line: nil, reason: "record \(index + 1) isn't one of the format \(format.rawValue)")
      }
      switch pair {
      case .decided(let pair): pairs.append(pair)
      case .undecided: undecided += 1
      }
    }
  }

  private enum Record {
    case decided(HumanPreference)
    case undecided
  }

  private static func llmbar(_ record: JSON, _ index: Int) -> Record? {
    guard let prompt = record["input"]?.stringValue, let first = record["output_1"]?.stringValue,
      let second = record["output_2"]?.stringValue, let label = record["label"]?.intValue,
      (1...2).contains(label)
    else { return nil }
    return .decided(
      HumanPreference(
        id: "\(index)", prompt: prompt, first: first, second: second, verdict: label == 1 ? .first : .second))
  }

  /// A response; the set has a few that its makers' tools took for truth values.
  private static func text(_ response: JSON?) -> String? {
    response?.stringValue ?? response?.boolValue.map { $0 ? "True" : "False" }
  }

  private static func pandalm(_ record: JSON, _ index: Int) -> Record? {
    let votes = ["annotator1", "annotator2", "annotator3"].compactMap { record[$0]?.intValue }
    guard let instruction = record["instruction"]?.stringValue, let input = record["input"]?.stringValue,
      let first = text(record["response1"]), let second = text(record["response2"]),
      votes.count == 3, votes.allSatisfy((0...2).contains)
    else { return nil }
    guard let majority = (0...2).first(where: { vote in votes.count { $0 == vote } > 1 }) else {
      return .undecided
    }
    return .decided(
      HumanPreference(
        id: record["idx"]?.intValue.map(String.init) ?? "\(index)",
        prompt: input.isEmpty ? instruction : instruction + "\n\n" + input, first: first, second: second,
        verdict: [.tie, .first, .second][majority]))
  }
}

extension HumanPreferences {
  /// The pairs as sets of two candidates; people's answers have no tokens.
  public var sets: [CandidateSet] {
    pairs.map { pair in
      CandidateSet(
        id: pair.id, prompt: pair.prompt,
        candidates: [pair.first, pair.second].map { Candidate(text: $0, tokens: [], isComplete: true) })
    }
  }
}

extension HumanPreference {
  /// A line for people and programs who want to see for themselves.
  public func judgmentLine(_ judgments: [Judgment], of data: String) -> JSON {
    [
      "data": .string(data), "id": .string(id), "people": .string(verdict.rawValue),
      "scores": .array(judgments.map { $0.score.map { .number($0) } ?? .null }),
      "texts": .array(judgments.map { .array($0.texts.map { .string($0) }) }),
    ]
  }
}
