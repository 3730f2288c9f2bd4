import Formats

/// A prompt with answers that people ranked.
public struct RankedAnswers: Sendable, Hashable {
  public struct Answer: Sendable, Hashable {
    public var text: String
    /// Higher is better; only the order counts.
    public var quality: Double

    public init(text: String, quality: Double) {
      self.text = text
      self.quality = quality
    }
  }

  public var id: String
  public var prompt: String
  public var answers: [Answer]

  public init(id: String, prompt: String, answers: [Answer]) {
    self.id = id
    self.prompt = prompt
    self.answers = answers
  }

  /// What the fields of a file of ranked answers are called, one answer a line.
  public struct Fields: Sendable, Hashable {
    public var id = "prompt_id"
    public var prompt = "prompt_text"
    public var response = "response_text"
    public var quality = "quality_score"

    public init() {}
  }

  /// Reads JSON lines, an answer each, and puts the answers to one prompt together in order of appearance.
  ///
  /// Answers that nobody ranked (their quality is null) are left out.
  ///
  /// - Throws: `SelfRewardError` for a line without one of the fields, or a file without any.
  public static func read(path: String, fields: Fields = Fields()) throws -> [RankedAnswers] {
    var sets: [RankedAnswers] = []
    var places: [ExactString: Int] = [:]
    for line in try JSONLines(path: path) {
      let record = try line.json()
      if record[fields.quality]?.isNull == true { continue }
      guard let prompt = record[fields.prompt]?.stringValue,
        let response = record[fields.response]?.stringValue,
        let quality = record[fields.quality]?.doubleValue
      else {
        throw SelfRewardError.badRecord(
          path: path, line: line.number,
          reason: "an answer needs \(fields.prompt), \(fields.response) and a number \(fields.quality)")
      }
      let id = record[fields.id]?.stringValue ?? prompt
      let place = places[ExactString(id)] ?? sets.count
      if place == sets.count {
        places[ExactString(id)] = place
        sets.append(RankedAnswers(id: id, prompt: prompt, answers: []))
      }
      sets[place].answers.append(Answer(text: response, quality: quality))
    }
    guard !sets.isEmpty else { throw SelfRewardError.noRecords(path: path) }
    return sets
  }
}
