import Formats
import Foundation
import Training

/// The stages that arms, audits and examinations share: each a file, each made once.
struct RoundStages {
  let folder: String
  let seed: StageSeed
  let stop: StopSignal?
  /// How many prompts are answered or judged together, and written together: what is lost when the process is killed.
  let stretch: Int
  /// Folders of other arms' same round, whose equal stages needn't be made again.
  var twins: [String] = []

  private var isStopped: Bool { stop?.isRequested ?? false }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The problems of a stage, noted.
  func problems(
    _ name: String, _ portion: Portion, of source: any ProblemSource, count: Int, seed number: UInt64
  ) throws -> [Problem] {
    let header: JSON = [
      "stage": .string(name), "portion": .string(portion.rawValue), "seed": .integer(Int(number)),
      "round": .integer(seed.round), "count": .integer(count), "source": .string("\(source)"),
    ]
    let file = StageFile(path: path("\(name).jsonl"), header: header)
    let rows = try file.rows(stretches: 1, isStopped: { isStopped }) { _ in
      source.problems(portion, count: count, seed: number, round: seed.round).map(\.row)
    }
    return try rows.enumerated().map { try Problem($1, path: file.path, number: $0 + 1) }
  }

  /// Sampled candidates of problems.
  func candidates(
    _ name: String, of problems: [Problem], by policy: Policy, _ options: CandidateOptions
  ) throws -> [CandidateSet] {
    let drawn = seed(name)
    let header: JSON = [
      "stage": .string(name), "seed": .string("\(drawn)"), "model": .string(policy.fingerprint),
      "options": options.json, "stretch": .integer(stretch),
      "problems": .string(Self.checksum(problems.map(\.row))),
    ]
    let file = StageFile(path: path("\(name).jsonl"), header: header)
    let stretches = Self.stretches(problems.count, stretch)
    let rows = try file.rows(
      stretches: stretches.count, twins: twins.map { "\($0)/\(name).jsonl" }, isStopped: { isStopped }
    ) { number in
      let sets = try policy.candidates(
        problems[stretches[number]], options, seed: Self.seed(drawn, stretch: number))
      return sets.map { ["id": .string($0.id), "candidates": .array($0.candidates.map(\.row))] }
    }
    guard rows.count == problems.count else {
      throw SelfRewardLoopError.damaged(path: file.path, row: rows.count + 1, what: "candidates")
    }
    return try zip(problems, rows).enumerated().map { index, pair in
      let reader = NumberReader(pair.1, path: file.path, row: index + 1)
      return CandidateSet(
        pair.0,
        try reader.list("candidates").map { try Candidate($0, path: file.path, number: index + 1) })
    }
  }

  /// What a judge makes of candidates, and what it counted.
  ///
  /// Counts lie beside the judgments, a row behind each stretch's, so that a run that goes on has lost none.
  ///
  /// - Parameter prompts: Names the prompts where no stage has made the candidates from them.
  func judging(
    _ name: String, of sets: [CandidateSet], by judge: RoundJudge, prompts: String? = nil
  ) throws -> (judgments: [[Judgment]], counts: JSONObject) {
    let drawn = seed(name)
    var header: JSONObject = [
      "stage": .string(name), "seed": .string("\(drawn)"), "reward": .string(judge.reward.name),
      "judge": .string(judge.fingerprint), "stretch": .integer(stretch),
      "candidates": .string(Self.checksum(sets.flatMap { $0.candidates.map(\.row) })),
    ]
    header["prompts"] = prompts.map { .string($0) }
    let file = StageFile(path: path("\(name).jsonl"), header: .object(header))
    let stretches = Self.stretches(sets.count, stretch)
    let rows = try file.rows(
      stretches: stretches.count, twins: twins.map { "\($0)/\(name).jsonl" }, isStopped: { isStopped }
    ) { number in
      let part = Array(sets[stretches[number]])
      let before = judge.reward.counts
      let judged = try judge.reward.judge(part, seed: Self.seed(drawn, stretch: number))
      let counts = judge.reward.counts.subtracting(before)
      return zip(part, judged).map { ["id": .string($0.id), "judgments": .array($1.map(\.row))] }
        + (counts.isEmpty ? [] : [["counts": .object(counts)]])
    }
    var counts = JSONObject()
    var judgments: [[Judgment]] = []
    for (index, row) in rows.enumerated() {
      if let counted = row["counts"]?.objectValue {
        counts.add(counted)
      } else {
        let reader = NumberReader(row, path: file.path, row: index + 1)
        let judged = try reader.list("judgments").map { Judgment($0) }
        guard judgments.count < sets.count, judged.count == sets[judgments.count].candidates.count else {
          throw SelfRewardLoopError.damaged(
            path: file.path, row: index + 1, what: "judgment for each candidate")
        }
        judgments.append(judged)
      }
    }
    guard judgments.count == sets.count else {
      throw SelfRewardLoopError.damaged(path: file.path, row: rows.count + 1, what: "judgments")
    }
    return (judgments, counts)
  }

  /// What a judge makes of candidates.
  func judgments(_ name: String, of sets: [CandidateSet], by judge: RoundJudge) throws -> [[Judgment]] {
    try judging(name, of: sets, by: judge).judgments
  }

  /// The seed of a stretch: draws depend on the place within one, so each has its own.
  static func seed(_ drawn: UInt64, stretch number: Int) -> UInt64 { drawn &+ UInt64(number) &* 0x9E37_79B9 }

  static func stretches(_ count: Int, _ length: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: length).map { $0..<min(count, $0 + length) }
  }

  static func checksum(_ rows: [JSON]) -> String { "\(Fingerprint(of: JSON.array(rows).text()))" }
}

/// A reward in its role, and what names the model behind it.
public struct RoundJudge {
  public let reward: any Reward
  public let fingerprint: String

  public init(_ reward: any Reward, fingerprint: String) {
    self.reward = reward
    self.fingerprint = fingerprint
  }
}
