import Formats
import Training

/// Which examples of judging the start is tuned on (EFT), beside instructions.
public struct JudgeDataOptions: Sendable, Hashable {
  /// Judgments that a model writes of ranked answers, kept where they agree with people.
  public struct Ranked: Sendable, Hashable {
    /// JSON lines, a ranked answer each.
    public var path: String
    /// Only that many of the first prompts.
    public var limit: Int
    public var options: RankedAnswerSeeds.Options

    public init(path: String, limit: Int, options: RankedAnswerSeeds.Options) {
      self.path = path
      self.limit = limit
      self.options = options
    }
  }

  /// Good answers made worse in known ways: no people needed.
  public struct Corrupted: Sendable, Hashable {
    /// How many of the first good answers.
    public var answers: Int
    public var seeds: CorruptionSeeds

    public init(answers: Int, seeds: CorruptionSeeds) {
      self.answers = answers
      self.seeds = seeds
    }
  }

  public var ranked: Ranked?
  public var corrupted: Corrupted?
  /// How many examples the most common score may have for each of the second most common one.
  public var mostCommonRatio: Double

  public init(ranked: Ranked?, corrupted: Corrupted?, mostCommonRatio: Double = 1) {
    self.ranked = ranked
    self.corrupted = corrupted
    self.mostCommonRatio = mostCommonRatio
  }
}

/// Examples of judging, and what became of the answers that they were made from.
struct JudgeData {
  var examples: [JudgeExample]
  var counts: JSONObject
}

/// Makes the examples of judging as stages: what a model wrote of ranked answers, then all that is tuned on.
struct JudgeDataStage {
  let options: JudgeDataOptions
  let stages: RoundStages

  /// The examples, made once; `examples.jsonl` has them as they are tuned on.
  ///
  /// - Parameters:
  ///   - writer: The model tuned on instructions only, which judges ranked answers.
  ///   - answers: Good answers to be made worse.
  func data(writer: () throws -> Policy, answers: [InstructionAnswer]) throws -> JudgeData {
    var data = JudgeData(examples: [], counts: JSONObject())
    if let ranked = options.ranked { data = try self.ranked(ranked, writer: writer()) }
    if let corrupted = options.corrupted {
      let made = try corrupted.seeds.scores(
        answers.prefix(corrupted.answers).map { (prompt: $0.prompt, response: $0.response) },
        seed: stages.seed("corrupted"))
      data.examples += made
      data.counts["corrupted"] = .integer(made.count)
    }
    let kept = JudgeExample.thinned(
      data.examples, ratio: options.mostCommonRatio, seed: stages.seed("thinning"))
    data.counts["thinned"] = .integer(data.examples.count - kept.count)
    data.counts["examples"] = .integer(kept.count)
    data.examples = kept
    try JudgeExample.write(kept, to: stages.path("examples.jsonl"), source: "")
    return data
  }

  private func ranked(_ ranked: JudgeDataOptions.Ranked, writer: Policy) throws -> JudgeData {
    let sets = Array(try RankedAnswers.read(path: ranked.path).prefix(ranked.limit))
    // Thinning is for all of them together.
    var options = ranked.options
    options.mostCommonRatio = nil
    let drawn = stages.seed("ranked")
    let file = StageFile(
      path: stages.path("ranked.jsonl"),
      header: [
        "stage": "ranked", "seed": .string("\(drawn)"), "model": .string(writer.fingerprint),
        "options": .string("\(options)"), "stretch": .integer(stages.stretch),
        "answers": .string(RoundStages.checksum(sets.map(\.row))),
      ])
    let stretches = RoundStages.stretches(sets.count, stages.stretch)
    let builder = try RankedAnswerSeeds(writer: writer, options)
    let rows = try file.rows(
      stretches: stretches.count, isStopped: { stages.stop?.isRequested ?? false }
    ) { number in
      let outcome = try builder.build(
        Array(sets[stretches[number]]), seed: RoundStages.seed(drawn, stretch: number))
      return outcome.examples.map(\.row) + [["counts": .object(outcome.counts)]]
    }
    var data = JudgeData(examples: [], counts: JSONObject())
    for (index, row) in rows.enumerated() {
      if let counts = row["counts"]?.objectValue {
        data.counts.add(counts)
      } else {
        data.examples.append(try JudgeExample(row, path: file.path, number: index + 1))
      }
    }
    return data
  }
}

extension RankedAnswers {
  fileprivate var row: JSON {
    [
      "id": .string(id), "prompt": .string(prompt), "answers": .array(answers.map { .string($0.text) }),
      "qualities": .array(answers.map { .number($0.quality) }),
    ]
  }
}

extension JudgeExample {
  fileprivate var row: JSON {
    [
      "source": .string(source), "question": .string(question), "reply": .string(reply),
      "score": .number(score),
    ]
  }

  fileprivate init(_ row: JSON, path: String, number: Int) throws {
    let reader = NumberReader(row, path: path, row: number)
    self.init(
      source: try reader.text("source"), question: try reader.text("question"),
      reply: try reader.text("reply"), score: try reader.number("score"))
  }
}
