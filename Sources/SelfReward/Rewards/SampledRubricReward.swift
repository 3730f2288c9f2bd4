import Decoding
import Formats

/// How often and how freely a judge speaks.
public struct SampledRubricOptions: Sendable, Hashable {
  public var rubric = JudgePrompt.additive
  /// Judgments of each candidate, whose mean is its score; the paper's three (section 3.1.3).
  public var samples = 3
  public var temperature: Float = 0.7
  public var topP: Float = 0.9
  public var maximumTokens = 256
  public var contradiction = ScoreParser.Contradiction.last

  public init() {}
}

/// The paper's judge: asked with a rubric, several times, it gives reasons and a score; scores that can be read are
/// averaged.
public final class SampledRubricReward: Reward {
  public let name = "sampled"
  private let judge: Policy
  private let options: SampledRubricOptions
  private var parsed = 0
  private var unreadable = 0
  private var tooLong = 0

  public init(judge: Policy, _ options: SampledRubricOptions = SampledRubricOptions()) throws {
    guard options.samples > 0 else {
      throw SelfRewardError.invalidOption("samples", found: "\(options.samples)", expected: "1 or more")
    }
    self.judge = judge
    self.options = options
  }

  /// Judgments that gave a score, that gave none, and candidates too long to be shown.
  public var counts: JSONObject {
    ["parsed": .integer(parsed), "unreadable": .integer(unreadable), "too_long": .integer(tooLong)]
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    let questions = try sets.flatMap { set in
      try set.candidates.map { candidate in
        try judge.tokens(
          ofPrompt: options.rubric.text(
            prompt: judge.disarmed(set.prompt), response: judge.disarmed(candidate.text)))
      }
    }
    // Room for "Score: 5" at least.
    let fitting = questions.indices.filter { questions[$0].count + 16 <= judge.model.contextLength }
    tooLong += questions.count - fitting.count
    var sampling = SamplingOptions()
    sampling.temperature = options.temperature
    sampling.topP = options.topP
    sampling.seed = seed
    let replies = try judge.continuations(
      of: fitting.flatMap { Array(repeating: questions[$0], count: options.samples) }, sampling: sampling,
      maximumTokens: options.maximumTokens)
    var judgments = [Judgment](repeating: .missing, count: questions.count)
    for (place, index) in fitting.enumerated() {
      judgments[index] = judgment(
        of: replies[place * options.samples..<(place + 1) * options.samples])
    }
    return sets.grouped(judgments)
  }

  private func judgment(of replies: ArraySlice<Generation>) -> Judgment {
    var parser = options.rubric.parser
    parser.contradiction = options.contradiction
    let samples = replies.map { parser.score(in: $0.text, isComplete: $0.finishReason == .stop) }
    parsed += samples.count { $0 != nil }
    unreadable += samples.count { $0 == nil }
    return Judgment(averaging: samples, texts: replies.map(\.text))
  }
}
