import Formats
import Training

/// A round's prompts, and what became of those that were proposed.
struct RoundPrompts {
  var problems: [Problem]
  /// Empty where nothing was proposed that could be dropped.
  var counts = JSONObject()
}

/// Where a round's fresh prompts come from, as a stage with a file of its own.
protocol PromptSupply {
  /// The prompts of a round that begins with the model at `current`.
  func prompts(_ stages: RoundStages, count: Int, seed: UInt64, current: String) throws -> RoundPrompts
}

/// Prompts drawn from a task that has as many as anybody wants.
struct DrawnPrompts: PromptSupply {
  let source: any ProblemSource

  func prompts(_ stages: RoundStages, count: Int, seed: UInt64, current: String) throws -> RoundPrompts {
    RoundPrompts(problems: try stages.problems("prompts", .prompts, of: source, count: count, seed: seed))
  }
}

/// Prompts that a model writes from examples (the paper's section 3.1.3).
struct WrittenPrompts: PromptSupply {
  let writer: PolicySource
  let options: PromptOptions
  /// Prompts by people, which serve as examples.
  let seeds: [String]
  /// Prompts written in earlier rounds: examples too, and nothing like them is kept.
  let earlier: [String]
  let policies: PolicyLoader

  func prompts(_ stages: RoundStages, count: Int, seed: UInt64, current: String) throws -> RoundPrompts {
    let policy = try policies.policy(writer, current: current)
    let drawn = stages.seed("prompts")
    let file = StageFile(
      path: stages.path("prompts.jsonl"),
      header: [
        "stage": "prompts", "seed": .string("\(drawn)"), "round": .integer(stages.seed.round),
        "count": .integer(count), "model": .string(policy.fingerprint), "options": .string("\(options)"),
        "seeds": .string(Self.checksum(seeds)), "earlier": .string(Self.checksum(earlier)),
      ])
    let rows = try file.rows(stretches: 1, isStopped: { stages.stop?.isRequested ?? false }) { _ in
      let written = try PromptGenerator(writer: policy, options)
        .generate(count, seeds: seeds, earlier: earlier, seed: drawn)
      let problems = written.prompts.enumerated().map { place, prompt in
        Problem(id: "written-\(seed)-\(stages.seed.round)-\(place)", prompt: prompt).row
      }
      var counts = written.counts
      counts["attempts"] = .integer(written.attempts)
      return problems + [["counts": .object(counts)]]
    }
    return RoundPrompts(
      problems: try rows.dropLast().enumerated().map {
        try Problem($1, path: file.path, number: $0 + 1)
      }, counts: rows.last?["counts"]?.objectValue ?? JSONObject())
  }

  private static func checksum(_ texts: [String]) -> String {
    RoundStages.checksum(texts.map { .string($0) })
  }
}
