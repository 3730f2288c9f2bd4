import Datasets
import Formats
import Foundation
import Tensors
import Testing

@testable import SelfReward

@Suite("Judge data")
struct SeedTests {
  private let answers = [
    (prompt: "2 + 3 - 1?", response: "First 2 + 3 = 5, then 5 - 1 = 4."),
    (prompt: "Who wrote Faust?", response: "The play was written by Goethe in Weimar. It took him long."),
    (prompt: "Say hi", response: "hi"),
  ]

  @Test("each corruption changes an answer in its own way and nothing else", arguments: 0..<20)
  func corruptions(stream: Int) {
    let random = CounterRandom(seed: 4, stream: UInt64(stream))
    let others = answers.map(\.response)
    let sum = answers[0].response
    let flipped = Corruption.digit.corrupted(sum, others: others, random: random) ?? ""
    #expect(zip(flipped, sum).count { $0 != $1 } == 1 && flipped.count == sum.count)
    let dropped = Corruption.step.corrupted(sum, others: others, random: random) ?? ""
    #expect(["First 2 + 3 = 5,", "then 5 - 1 = 4."].contains(dropped))
    let swapped = Corruption.entities.corrupted(sum, others: others, random: random) ?? ""
    #expect(swapped != sum && swapped.sorted() == sum.sorted())
    #expect(
      Corruption.entities.corrupted(answers[1].response, others: others, random: random)
        == "The play was written by Weimar in Goethe. It took him long.")
    let other = Corruption.otherAnswer.corrupted(sum, others: others, random: random) ?? ""
    #expect(others.dropFirst().contains(other))
    // Deterministic.
    #expect(Corruption.digit.corrupted(sum, others: others, random: random) == flipped)
  }

  @Test("what offers nothing to corrupt isn't", arguments: [Corruption.digit, .step, .entities])
  func nothing(kind: Corruption) {
    #expect(kind.corrupted("hi", others: ["hi"], random: CounterRandom(seed: 0)) == nil)
    #expect(Corruption.otherAnswer.corrupted("hi", others: ["hi"], random: CounterRandom(seed: 0)) == nil)
    #expect(
      Corruption.digit.corrupted("10", others: [], random: CounterRandom(seed: 2))?.hasPrefix("0") == false)
  }

  @Test("corrupted answers get the scores of their kind, in the rubric's format")
  func corruptionScores() throws {
    var seeds = CorruptionSeeds()
    seeds.corruptionsPerAnswer = 4
    let examples = try seeds.scores(answers, seed: 7)
    // Four corruptions of the sum, three of the second (no digit), one of "hi".
    #expect(examples.count == 3 + 4 + 3 + 1)
    for example in examples {
      let kind = String(example.source.split(separator: "/")[1])
      let expected = kind == "intact" ? 5 : seeds.corruptedScores[Corruption(rawValue: kind) ?? .digit]
      #expect(example.reply == "Score: \(expected ?? -1)" && example.score == Double(expected ?? -1))
      #expect(seeds.rubric.parser.score(in: example.reply) == example.score)
    }
    seeds.form = .reasoned
    seeds.rubric = .additive
    for example in try seeds.scores(answers, seed: 7) {
      #expect(example.reply.contains("\nScore: "))
      #expect(seeds.rubric.parser.score(in: example.reply) == example.score)
    }
    #expect(try seeds.scores(answers, seed: 7) == seeds.scores(answers, seed: 7))
    seeds.intactScore = 9
    #expect(throws: SelfRewardError.self) { try seeds.scores(answers, seed: 7) }
  }

  @Test("verdicts teach yes for good answers and no for worse ones")
  func verdicts() {
    let examples = CorruptionSeeds().verdicts(answers, seed: 1)
    #expect(examples.count == 6)
    for example in examples {
      #expect(example.reply == (example.source.hasSuffix("intact") ? "Right: yes" : "Right: no"))
    }
  }

  @Test("examples become records that import as conversations, or a data set")
  func records() throws {
    let example = JudgeExample(source: "1/0", question: "Q \"?\"", reply: "Score: 3", score: 3)
    #expect(example.json["messages"]?[1]?["content"]?.stringValue == "Score: 3")
    #expect(try example.instructionRow.messages(source: "test")?[0]["content"]?.stringValue == "Q \"?\"")
    let folder = FileManager.default.temporaryDirectory.appending(path: "judging-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = folder.appending(path: "e.jsonl").path
    try JudgeExample.write([example, example], to: lines, source: "test")
    #expect(try JSONLines(path: lines).map { try $0.json() } == [example.json, example.json])
    let path = folder.appending(path: "e.h5").path
    try JudgeExample.write([example, example], to: path, source: "test")
    let dataset = try Dataset(path: path)
    #expect(dataset.kind == .instruction)
    #expect(try dataset.rows(split: "train") == [example.instructionRow, example.instructionRow])
    // What was written as conversations gives its questions and answers back.
    let answers = try CorruptionSeeds.answers(dataset: path, split: "train", limit: 1)
    #expect(answers.map(\.prompt) == ["Q \"?\""] && answers.map(\.response) == ["Score: 3"])
  }

  @Test(
    "the most common score is thinned to what the second has, times a ratio",
    arguments: [
      ([4, 4, 4, 4, 2, 1, 2], 1, [4: 2, 2: 2, 1: 1]), ([4, 4, 4, 4, 2], 1.5, [4: 2, 2: 1]),
      ([4, 4], 1, [4: 2]),
      ([], 1, [:]), ([1, 2], 1, [1: 1, 2: 1]), ([4, 4, 4, 2], 5, [4: 3, 2: 1]),
    ] as [([Double], Double, [Double: Int])])
  func thinning(scores: [Double], ratio: Double, left: [Double: Int]) {
    let examples = scores.enumerated().map {
      JudgeExample(source: "\($0.offset)", question: "", reply: "", score: $0.element)
    }
    let thinned = JudgeExample.thinned(examples, ratio: ratio, seed: 3)
    #expect(Dictionary(grouping: thinned, by: \.score).mapValues(\.count) == left)
    #expect(thinned == JudgeExample.thinned(examples, ratio: ratio, seed: 3))
    let places = thinned.compactMap { Int($0.source) }
    #expect(places == places.sorted())
  }

  @Test("judgments are kept where they order the answers as people did")
  func rankedAnswers() throws {
    let writer = try Fixture.policy { question in
      if question.contains("best") { return ["Fine.\nScore: 5": 1] }
      if question.contains("worst") { return ["Bad.\nScore: 1": 1] }
      // Sometimes right, sometimes a tie with the best, sometimes unreadable.
      return ["So so.\nScore: 3": 0.4, "Fine.\nScore: 5": 0.3, "Hm.": 0.3]
    }
    let sets = [
      RankedAnswers(id: "a", prompt: "A?", answers: [("best", 3), ("middle", 2), ("worst", 1)]),
      RankedAnswers(id: "b", prompt: "B?", answers: [("worst", 3), ("best", 1)]),
      RankedAnswers(id: "c", prompt: "C?", answers: [("best", 1), ("worst", 1)]),
      RankedAnswers(id: "d", prompt: "D?", answers: [("worst", 0), ("best", 0.5)]),
    ]
    var options = RankedAnswerSeeds.Options()
    options.attempts = 12
    options.temperature = 1
    options.topP = 1
    options.mostCommonRatio = 9
    let outcome = try RankedAnswerSeeds(writer: writer, options).build(sets, seed: 2)
    #expect(outcome.examples.map(\.source) == ["a/0", "a/1", "a/2", "d/0", "d/1"])
    #expect(outcome.examples.map(\.score) == [5, 3, 1, 1, 5])
    #expect(outcome.examples[1].reply == "So so.\nScore: 3")
    let counts = outcome.counts
    #expect(counts["prompts"] == 4 && counts["without_order"] == 1 && counts["disagreed"] == 1)
    #expect(counts["agreed"] == 2 && counts["examples"] == 5 && counts["thinned"] == 0)
    #expect((counts["judgments_unreadable"]?.intValue ?? 0) > 0)
  }

  @Test("ranked answers are read by prompt, and what is no answer is named with its line")
  func reading() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "ranked-\(UUID().uuidString).jsonl")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let line = { (id: String, text: String, quality: Double) in
      #"{"prompt_id":"\#(id)","prompt_text":"P","response_text":"\#(text)","quality_score":\#(quality)}"#
    }
    try AtomicFile.write(
      [line("x", "1", 0.5), line("y", "2", 1), line("x", "3", 0)].joined(separator: "\n"), to: path)
    let sets = try RankedAnswers.read(path: path)
    #expect(sets.map(\.id) == ["x", "y"] && sets[0].answers.map(\.text) == ["1", "3"])
    try AtomicFile.write(line("x", "1", 0.5) + "\n{\"prompt_text\": \"P\"}", to: path)
    do { _ = try RankedAnswers.read(path: path) } catch { #expect("\(error)".contains(":2")) }
    #expect(throws: SelfRewardError.self) { try RankedAnswers.read(path: path) }
    guard let real = Fixture.shared("data/self-reward/raulc_00_eft.jsonl") else { return }
    let read = try RankedAnswers.read(path: real)
    let unranked = try JSONLines(path: real).filter { try $0.json()["quality_score"]?.isNull == true }.count
    #expect(read.map(\.answers.count).reduce(0, +) == 2834 - unranked && unranked > 0)
    #expect(read.contains { $0.answers.count > 1 })
  }
}

extension RankedAnswers {
  fileprivate init(id: String, prompt: String, answers: [(String, Double)]) {
    self.init(id: id, prompt: prompt, answers: answers.map { Answer(text: $0.0, quality: $0.1) })
  }
}
