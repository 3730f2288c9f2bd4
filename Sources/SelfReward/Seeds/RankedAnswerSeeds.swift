import Decoding
import Formats

/// Judge data from ranked answers (EFT, the paper's section 3.1.2): a model tuned on instructions writes the judgments,
/// and only those are kept whose scores order a prompt's answers as people did.
public struct RankedAnswerSeeds {
  /// How judgments are written and kept.
  public struct Options: Sendable, Hashable {
    public var rubric = JudgePrompt.additive
    /// How often each prompt's answers are judged, until one time the order is right.
    public var attempts = 4
    public var temperature: Float = 0.7
    public var topP: Float = 0.9
    public var maximumTokens = 256
    /// How many examples the most common score may have for each of the second most common one; nil: no matter.
    public var mostCommonRatio: Double? = 1

    public init() {}
  }

  /// The examples, and what became of the prompts.
  public struct Outcome: Sendable, Hashable {
    public var examples: [JudgeExample]
    public var counts: JSONObject
  }

  private let writer: Policy
  private let options: Options

  /// - Parameter writer: The model tuned on instructions only.
  public init(writer: Policy, _ options: Options = Options()) throws {
    guard options.attempts > 0 else {
      throw SelfRewardError.invalidOption("attempts", found: "\(options.attempts)", expected: "1 or more")
    }
    self.writer = writer
    self.options = options
  }

  /// Writes judgments of all answers and keeps the examples that agree with people.
  public func build(_ sets: [RankedAnswers], seed: UInt64) throws -> Outcome {
    var judging = SampledRubricOptions()
    judging.rubric = options.rubric
    judging.samples = options.attempts
    judging.temperature = options.temperature
    judging.topP = options.topP
    judging.maximumTokens = options.maximumTokens
    let reward = try SampledRubricReward(judge: writer, judging)
    let ranked = sets.filter { Set($0.answers.map(\.quality)).count > 1 }
    let judgments = try reward.judge(ranked.map(\.candidates), seed: seed)
    var examples: [JudgeExample] = []
    var agreed = 0
    for (set, judgments) in zip(ranked, judgments) {
      guard let kept = agreeing(set, judgments) else { continue }
      agreed += 1
      examples += kept
    }
    let thinned =
      options.mostCommonRatio.map { JudgeExample.thinned(examples, ratio: $0, seed: seed) } ?? examples
    var counts: JSONObject = [
      "prompts": .integer(sets.count), "without_order": .integer(sets.count - ranked.count),
      "disagreed": .integer(ranked.count - agreed), "agreed": .integer(agreed),
      "examples": .integer(thinned.count), "thinned": .integer(examples.count - thinned.count),
    ]
    for (name, count) in reward.counts { counts["judgments_" + name] = count }
    return Outcome(examples: thinned, counts: counts)
  }

  /// The judgments of the first time that ordered all answers as people did.
  private func agreeing(_ set: RankedAnswers, _ judgments: [Judgment]) -> [JudgeExample]? {
    for attempt in 0..<options.attempts {
      let scores = judgments.compactMap { attempt < $0.samples.count ? $0.samples[attempt] : nil }
      guard scores.count == judgments.count, Self.agree(scores, set.answers.map(\.quality)) else { continue }
      return set.answers.indices.map { index in
        JudgeExample(
          source: "\(set.id)/\(index)",
          question: options.rubric.text(
            prompt: writer.disarmed(set.prompt), response: writer.disarmed(set.answers[index].text)),
          reply: judgments[index].texts[attempt], score: scores[index])
      }
    }
    return nil
  }

  /// Whether every two answers that people told apart are told apart the same way.
  static func agree(_ scores: [Double], _ qualities: [Double]) -> Bool {
    scores.indices.allSatisfy { one in
      scores.indices.allSatisfy { qualities[one] <= qualities[$0] || scores[one] > scores[$0] }
    }
  }
}

extension RankedAnswers {
  /// The answers as candidates; people's answers have no tokens.
  public var candidates: CandidateSet {
    CandidateSet(
      id: id, prompt: prompt,
      candidates: answers.map { Candidate(text: $0.text, tokens: [], isComplete: true) })
  }
}
