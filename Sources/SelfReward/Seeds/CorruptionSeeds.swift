import Datasets
import Formats
import Tensors

/// Judge data without people (EFT): good answers, and the same made worse in known ways, with the scores that follow
/// from what was done (after Self-Taught Evaluators, arXiv:2408.02666).
///
/// It teaches the format of a judgment, and to look for what was corrupted; not people's taste.
public struct CorruptionSeeds: Sendable, Hashable {
  /// How replies are written.
  public enum ReplyForm: String, Sendable, Hashable, CaseIterable {
    /// The score alone: what expected-score judging reads, and best for small judges.
    case scoreOnly = "score-only"
    /// A sentence on what is wrong, then the score, as the paper's rubric asks.
    case reasoned
  }

  public var rubric = JudgePrompt.short
  public var form = ReplyForm.scoreOnly
  /// The score of a good answer.
  public var intactScore = 5
  /// The score of each kind of worse one; kinds that aren't listed aren't made.
  public var corruptedScores: [Corruption: Int] = [.digit: 2, .step: 3, .entities: 2, .otherAnswer: 0]
  /// How many worse answers are made of each good one.
  public var corruptionsPerAnswer = 1

  public init() {}

  /// For a rubric of any scores: the good answer has the greatest, and the others as much less of it.
  public init(rubric: JudgePrompt) {
    self.rubric = rubric
    let (least, greatest) = (rubric.scores.lowerBound, rubric.scores.upperBound)
    func scaled(_ score: Int) -> Int {
      least + Int((Double(score * (greatest - least)) / 5).rounded(.toNearestOrAwayFromZero))
    }
    intactScore = greatest
    corruptedScores = corruptedScores.mapValues(scaled)
  }

  /// Examples for a rubric: each good answer and its worse versions, whose kinds are drawn by chance.
  ///
  /// - Throws: `SelfRewardError.invalidOption` for a score outside the rubric.
  public func scores(_ answers: [(prompt: String, response: String)], seed: UInt64) throws -> [JudgeExample] {
    for score in [intactScore] + corruptedScores.values where !rubric.scores.contains(score) {
      throw SelfRewardError.invalidOption(
        "score", found: "\(score)",
        expected: "one from \(rubric.scores.lowerBound) to \(rubric.scores.upperBound)")
    }
    return versions(answers, seed: seed).map { version in
      let score = version.corruption.map { corruptedScores[$0] ?? intactScore } ?? intactScore
      let reply = rubric.reply(score)
      return JudgeExample(
        source: version.source,
        question: rubric.text(prompt: answers[version.answer].prompt, response: version.text),
        reply: form == .scoreOnly ? reply : Self.reason(version.corruption) + "\n" + reply,
        score: Double(score))
    }
  }

  /// Examples for a verifier: good answers are right, worse ones wrong.
  public func verdicts(
    _ answers: [(prompt: String, response: String)], question: ChoicePrompt = .verifier, seed: UInt64
  ) -> [JudgeExample] {
    versions(answers, seed: seed).map { version in
      let choice = version.corruption == nil ? 0 : 1
      return JudgeExample(
        source: version.source,
        question: question.template.filled([
          "prompt": answers[version.answer].prompt, "response": version.text,
        ]), reply: question.replies[choice], score: Double(1 - choice))
    }
  }

  /// The good answers of a data set: a conversation's first question and its answer, or a row's prompt and response.
  public static func answers(
    dataset path: String, split: String, limit: Int? = nil
  ) throws -> [(prompt: String, response: String)] {
    let dataset = try Dataset(path: path)
    let count = try dataset.rowCount(split: split)
    return try dataset.rows(0..<min(count, limit ?? count), split: split).compactMap { row in
      guard let messages = try row.messages(source: path) else {
        return row["prompt"].flatMap { prompt in row["response"].map { (prompt, $0) } }
      }
      let turns = messages.drop { $0["role"]?.stringValue != "user" }.prefix(2)
      guard turns.count == 2, let prompt = turns.first?["content"]?.stringValue,
        let response = turns.last?["content"]?.stringValue, turns.last?["role"]?.stringValue == "assistant"
      else { return nil }
      return (prompt, response)
    }
  }

  private struct Version {
    let answer: Int
    let corruption: Corruption?
    let text: String
    var source: String { "\(answer)/\(corruption?.rawValue ?? "intact")" }
  }

  private func versions(_ answers: [(prompt: String, response: String)], seed: UInt64) -> [Version] {
    let kinds = Corruption.allCases.filter { corruptedScores[$0] != nil }
    let others = answers.map { $0.response }
    return answers.indices.flatMap { index in
      let random = CounterRandom(seed: seed, stream: UInt64(index))
      var versions = [Version(answer: index, corruption: nil, text: answers[index].response)]
      for place in random.permutation(of: kinds.count) where versions.count <= corruptionsPerAnswer {
        let kind = kinds[place]
        if let text = kind.corrupted(
          answers[index].response, others: others, random: random.substream(UInt64(place)))
        {
          versions.append(Version(answer: index, corruption: kind, text: text))
        }
      }
      return versions
    }
  }

  /// What is wrong, in a sentence that is true of every answer corrupted that way.
  private static func reason(_ corruption: Corruption?) -> String {
    switch corruption {
    case nil: "The response answers the question correctly and completely."
    case .digit: "A number in the response is wrong."
    case .step: "The response leaves out something that belongs to the answer."
    case .entities: "The response confuses two things that it speaks of."
    case .otherAnswer: "The response has nothing to do with the question."
    }
  }
}
