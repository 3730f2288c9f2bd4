import Decoding
import Formats
import Tensors
import Tokenizers

/// How new prompts are made; the defaults are the paper's (section 3.1.3): eight examples, six of them seeds.
public struct PromptOptions: Sendable, Hashable {
  public var seedExamples = 6
  /// Examples that were made before; seeds stand in while there are too few.
  public var generatedExamples = 2
  public var temperature: Float = 0.6
  public var topP: Float = 0.9
  public var maximumTokens = 192
  /// How many are asked for at once, before the filter has seen them.
  public var wave = 16
  /// How often a model is asked, at most, for each prompt that is wanted.
  public var attemptsPerPrompt = 8
  /// What examples are introduced with.
  public var introduction =
    "Come up with a new task for an AI assistant. Each task differs from those before it."
  /// What stands before each example's number.
  public var label = "Task"
  public var filter = PromptFilterOptions()

  public init() {}

  /// Checks every option's range.
  public func validate() throws {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      if !holds { throw SelfRewardError.invalidOption(name, found: "\(found)", expected: expected) }
    }
    try check(seedExamples > 0, "seed examples", seedExamples, "1 or more")
    try check(generatedExamples >= 0, "generated examples", generatedExamples, "0 or more")
    try check(wave > 0, "wave", wave, "1 or more")
    try check(attemptsPerPrompt > 0, "attempts for each prompt", attemptsPerPrompt, "1 or more")
    try check(!label.isEmpty, "label", "empty", "a word")
  }
}

/// New prompts, and what became of all that were proposed.
public struct GeneratedPrompts: Sendable, Hashable {
  public var prompts: [String]
  /// How often the model was asked.
  public var attempts: Int
  /// Kept, dropped for each reason, and left over because there were enough.
  public var counts: JSONObject
}

/// Has a model write new prompts from examples (Self-Instruct), and keeps those that pass the filter.
///
/// Which examples an attempt sees, and what is drawn, depend on the seed and the attempt's number alone.
public struct PromptGenerator {
  private let writer: Policy
  private let options: PromptOptions

  public init(writer: Policy, _ options: PromptOptions = PromptOptions()) throws {
    try options.validate()
    self.writer = writer
    self.options = options
  }

  /// Writes `count` prompts, or fewer when the attempts run out.
  ///
  /// - Parameters:
  ///   - seeds: Prompts by people.
  ///   - earlier: Prompts made in earlier rounds: examples too, and nothing like them is kept.
  public func generate(
    _ count: Int, seeds: [String], earlier: [String] = [], seed: UInt64
  ) throws -> GeneratedPrompts {
    guard !seeds.isEmpty else {
      throw SelfRewardError.invalidOption("the list of seed prompts", found: "empty", expected: "one or more")
    }
    var filter = PromptFilter(options.filter, pool: seeds + earlier)
    var made: [String] = []
    var attempts = 0
    var surplus = 0
    let random = CounterRandom(seed: seed)
    while made.count < count, attempts < count * options.attemptsPerPrompt {
      let wave = min(options.wave, count * options.attemptsPerPrompt - attempts)
      let examples = (attempts..<attempts + wave).map {
        choose(from: seeds, earlier + made, random.substream(UInt64($0)))
      }
      var sampling = SamplingOptions()
      sampling.temperature = options.temperature
      sampling.topP = options.topP
      sampling.seed = random.substream(UInt64(attempts)).seed
      let replies = try writer.continuations(
        of: try examples.map(question), sampling: sampling, maximumTokens: options.maximumTokens,
        stopStrings: ["\n\(options.label) ", "\n\n"])
      attempts += wave
      for reply in replies {
        let prompt = clean(reply.text)
        if made.count == count {
          surplus += 1
        } else if filter.admit(prompt) == nil {
          made.append(prompt)
        }
      }
    }
    var counts = filter.counts
    counts["surplus"] = .integer(surplus)
    return GeneratedPrompts(prompts: made, attempts: attempts, counts: counts)
  }

  /// The examples that an attempt sees, in random order.
  private func choose(from seeds: [String], _ made: [String], _ random: CounterRandom) -> [String] {
    let old = random.substream(0).permutation(of: made.count).prefix(options.generatedExamples)
    let wanted = options.seedExamples + options.generatedExamples - old.count
    let new = random.substream(1).permutation(of: seeds.count).prefix(wanted)
    let chosen = new.map { seeds[$0] } + old.map { made[$0] }
    return random.substream(2).permutation(of: chosen.count).map { chosen[$0] }
  }

  /// The tokens of the examples, up to where the model has to go on with the next.
  private func question(_ examples: [String]) throws -> [TokenID] {
    let list = examples.enumerated().map { "\(options.label) \($0 + 1): \(flattened($1))" }
    let opening = "\(options.label) \(examples.count + 1):"
    let completion = try writer.completion(
      prompt: writer.disarmed(([options.introduction] + list).joined(separator: "\n")), response: opening,
      isComplete: false)
    return completion.prompt + completion.tokens
  }

  /// One line for each example, for a line's end ends it.
  private func flattened(_ prompt: String) -> String {
    prompt.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// What was proposed, without the label that a model may repeat.
  private func clean(_ text: String) -> String {
    var prompt = text.trimmingPrefix { $0.isWhitespace }
    if prompt.hasPrefix(options.label),
      let colon = prompt.prefix(options.label.count + 5).firstIndex(of: ":")
    {
      prompt = prompt[prompt.index(after: colon)...].trimmingPrefix { $0.isWhitespace }
    }
    while prompt.last?.isWhitespace == true { prompt.removeLast() }
    return String(prompt)
  }
}
