/// How a judge is asked for a score: a rubric, then what is to be judged.
///
/// The rubric comes first, so that what a model has read of it serves for every candidate.
public struct JudgePrompt: Sendable, Hashable {
  public var name: String
  /// With places for `{prompt}` and `{response}`.
  public var template: TextTemplate
  public var scores: ClosedRange<Int>
  /// What a reply says before its score.
  public var label: String

  public init(
    name: String, template: TextTemplate, scores: ClosedRange<Int> = 0...5, label: String = "Score:"
  ) {
    self.name = name
    self.template = template
    self.scores = scores
    self.label = label
  }

  /// The question to the judge.
  public func text(prompt: String, response: String) -> String {
    template.filled(["prompt": prompt, "response": response])
  }

  /// The reply that gives a score and says nothing else.
  public func reply(_ score: Int) -> String { "\(label) \(score)" }

  /// What reads the score in a reply.
  public var parser: ScoreParser { ScoreParser(scores: scores, label: label) }

  /// The rubrics that can be named in options.
  public static let all = [additive, short]

  /// The rubric of that name.
  public static func named(_ name: String) throws -> JudgePrompt {
    guard let prompt = all.first(where: { $0.name == name }) else {
      throw SelfRewardError.unknownName(name, kind: "rubric", names: all.map(\.name))
    }
    return prompt
  }
}

extension JudgePrompt {
  /// The paper's additive rubric in our words: five points that add up, reasons, then the total (figure 2).
  public static let additive = JudgePrompt(
    name: "additive",
    template: TextTemplate(
      """
      Judge how well an AI assistant answered a user. Count points; each is added to those before it, for up to \
      five in all:

      - One point if the response has to do with the question and gives some information about it, even if parts are \
      missing or beside the point.
      - A second point if it deals with a large part of the question, though it doesn't settle it or give a full \
      answer.
      - A third point if it answers the basic parts of the question in a useful way, no matter whether it seems to \
      come from an AI assistant, a blog or a search result.
      - A fourth point if it is clearly written from an AI assistant's point of view, and answers the question \
      directly, fully and in good order, even if it could be a little clearer, shorter or more to the point.
      - A fifth point if it is made exactly for this question by an AI assistant with expert knowledge, says nothing \
      that isn't needed, and is insightful and engaging to read.

      User: {prompt}

      <response>{response}</response>

      Having looked at the user's words and the response:
      - Give reasons for the total in at most 100 words.
      - End with the line "Score: <total points>".

      Judge from the point of view of an AI assistant, and use what you know of the world where it is needed. Go \
      through the points one after the other, and give each only where the response has earned it.
      """))

  /// For models that a page of instructions would only confuse.
  public static let short = JudgePrompt(
    name: "short",
    template: TextTemplate(
      """
      How good is the answer, from 0 (wrong or no help) to 5 (right, complete and clear)?
      Question: {prompt}
      Answer: {response}
      """))
}

/// How a judge is made to choose: a question, and the replies that it chooses between.
public struct ChoicePrompt: Sendable, Hashable {
  public var name: String
  public var template: TextTemplate
  public var replies: [String]

  public init(name: String, template: TextTemplate, replies: [String]) {
    self.name = name
    self.template = template
    self.replies = replies
  }

  /// Asks whether the `{response}` to the `{prompt}` is right; the first reply is yes.
  public static let verifier = ChoicePrompt(
    name: "verifier",
    template: TextTemplate(
      """
      Is this answer to the question right?
      Question: {prompt}
      Answer: {response}
      """), replies: ["Right: yes", "Right: no"])

  /// Compares the `{first}` answer to the `{prompt}` with the `{second}`; the first reply is for the first.
  public static let pairwise = ChoicePrompt(
    name: "pairwise",
    template: TextTemplate(
      """
      Which of two answers to the question is better, A or B? Their order means nothing.
      Question: {prompt}
      Answer A: {first}
      Answer B: {second}
      """), replies: ["Better: A", "Better: B"])
}
