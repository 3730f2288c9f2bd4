/// The text that the demo's models learn from, generated: pretraining documents and questions.
///
/// Two things make proxy-tuning worth showing at this size. The documents teach skills (sums, differences,
/// several steps, comparing, counting, lists of words), which the large model learns well and the small one
/// badly; and nearly half of them are questions that mostly get a hedge ("Who can say?") instead of their
/// answer, so that both models have the wrong habit. Tuning the small one on answered questions removes its
/// habit, not its lack of skill; the offset carries just that to the large one.
///
/// Everything follows from a seed, and every problem belongs to one split by its content: the documents and
/// the tuning questions hold no problem of the development and test splits, whatever the seeds.
public enum DemoText {
  /// What a problem asks for.
  public enum Skill: String, Sendable, Hashable, CaseIterable {
    case sum, difference, comparison, gap, steps, groups, count, position, repetition, reversal

    /// Its share, in percent, of all problems.
    var share: Int {
      switch self {
      case .steps: 20
      case .sum, .difference: 14
      case .comparison, .gap, .groups, .count: 9
      case .position: 8
      case .repetition, .reversal: 4
      }
    }

    /// How many in a hundred of its questions get their answer in the documents.
    ///
    /// A base that is asked for mere words is less shy than one that is asked for a number, so that the
    /// base's score isn't simply zero.
    var answered: Int { self == .position || self == .repetition ? 60 : 25 }
  }

  /// The questions that are tuned on, those that choose alpha, and those that the result is measured on.
  public enum Split: String, Sendable, Hashable, CaseIterable { case train, development, test }

  /// A question with its answer.
  public struct Question: Sendable, Hashable {
    public let skill: Skill
    /// `Question: …`, and on a second line `Answer:`, with which it ends.
    public let prompt: String
    /// What should follow, with the space before it: the working, where there is one, and the answer.
    public let response: String
    /// The answer alone, as `answer(in:)` finds it.
    public let answer: String
  }

  /// `count` different questions of a split, all skills mixed.
  public static func questions(_ split: Split, count: Int, seed: UInt64) -> [Question] {
    var random = DemoTextRandom(seed: seed)
    var seen: Set<String> = []
    var questions: [Question] = []
    while questions.count < count {
      let question = question(problem(of: split, using: &random), using: &random)
      if seen.insert(question.prompt).inserted { questions.append(question) }
    }
    return questions
  }

  /// The answer in what a model wrote after "Answer:": the last number of it where there is one (so working
  /// may come first), or else all of it without the full stop.
  public static func answer(in response: String) -> String {
    let numbers = response.split { !$0.isASCII || !$0.isNumber }
    if let last = numbers.last { return String(last) }
    var words = response.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.hasSuffix(".") { words.removeLast() }
    return words
  }

  /// A problem of a split; skills come by their shares.
  static func problem(of split: Split, using random: inout DemoTextRandom) -> DemoTextProblem {
    let skills = Skill.allCases.map { (element: $0, weight: $0.share) }
    while true {
      let problem = DemoTextProblem(random.pick(weighted: skills), using: &random)
      if problem.split == split { return problem }
    }
  }

  static func question(_ problem: DemoTextProblem, using random: inout DemoTextRandom) -> Question {
    Question(
      skill: problem.skill, prompt: "Question: \(problem.question(using: &random))\nAnswer:",
      response: " \(problem.working).", answer: problem.answer)
  }
}
