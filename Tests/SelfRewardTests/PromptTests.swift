import Formats
import Foundation
import Testing

@testable import SelfReward

@Suite("New prompts")
struct PromptTests {
  @Test(
    "ROUGE-L F",
    arguments: [
      ("the cat sat on the mat", "the cat sat on the mat", 1), ("a b c d", "a c d e", 0.75),
      ("a b", "c d", 0),
      ("The CAT, sat!", "the cat sat", 1), ("a b c", "c b a", 1.0 / 3), ("", "", 0), ("a", "", 0),
      // Only letters and digits of ASCII are words, as rouge_score has it.
      ("é 1", "1", 1), ("police killed the gunman", "police kill the gunman", 0.75),
    ] as [(String, String, Double)])
  func overlap(one: String, other: String, score: Double) {
    var vocabulary = OverlapVocabulary()
    let (first, second) = (vocabulary.text(one), vocabulary.text(other))
    #expect(abs(first.overlap(with: second) - score) < 1e-12)
    #expect(first.overlap(with: second) == second.overlap(with: first))
    for limit in [0.2, 0.5, 0.74] {
      #expect(first.overlaps(second, moreThan: limit) == (first.overlap(with: second) > limit))
    }
  }

  @Test(
    "what is dropped, and why",
    arguments: [
      ("Name three rivers in Africa.", nil), ("", .empty), ("  \n", .empty), ("Say hi now", .tooShort),
      (String(repeating: "word ", count: 151), .tooLong), ("Draw me a cat please", .blockedWord),
      ("Where did the graphs go wrong?", .blockedWord), ("Please go to the shop now", .blockedWord),
      ("Explain the Biographic method to me", nil), ("Plan how drawing lessons would go", nil),
      ("- Name three lakes in Asia.", .leadingPunctuation), ("$5 is what in yen?", .leadingPunctuation),
      ("Élan vital: what does it mean?", .leadingNonASCII),
      ("Écris \"a poem\" about the sea", .leadingNonASCII),
      ("What is the capital of France today?", .similar), ("what is THE capital of France?!", .similar),
      ("Who wrote the capital of France?", nil),
    ] as [(String, PromptRejection?)])
  func filter(prompt: String, reason: PromptRejection?) {
    var filter = PromptFilter(PromptFilterOptions(), pool: ["What is the capital of France?"])
    #expect(filter.admit(prompt) == reason)
    #expect(filter.kept == (reason == nil ? 1 : 0))
    #expect(filter.dropped == (reason.map { [$0: 1] } ?? [:]))
    if reason == nil { #expect(filter.admit(prompt) == .similar) }
  }

  @Test("the constants can be changed")
  func options() {
    var options = PromptFilterOptions()
    options.words = 1...3
    options.greatestOverlap = 1
    options.blockedWords = []
    options.allowsLeadingPunctuation = true
    options.allowsLeadingNonASCII = true
    var filter = PromptFilter(options, pool: [])
    for prompt in ["draw", "draw", "- a b", "été"] { #expect(filter.admit(prompt) == nil) }
    #expect(filter.admit("a b c d") == .tooLong)
    #expect(filter.counts["kept"]?.intValue == 4 && filter.counts["too_long"]?.intValue == 1)
  }

  /// Proposes one of some prompts, and never what its examples hold already.
  private func writer() throws -> Policy {
    try Fixture.policy { question in
      let topics = ["rivers", "poems", "taxes", "soup", "chess", "clouds", "bread", "locks"]
      var replies: [String: Double] = ["Task 9: Draw a picture of a dog": 4, "Task 9: ": 2]
      for topic in topics where !question.contains(topic) {
        replies["Task 9: Explain how \(topic) work in \(topic.count) steps \(topic) \(topic)"] = 1
      }
      return replies
    }
  }

  private let seeds = (0..<10).map { "Seed prompt number \($0) about \($0 * $0) things" }

  @Test("prompts are new, counted exactly, and the same for the same seed")
  func generation() throws {
    var options = PromptOptions()
    options.temperature = 1
    options.topP = 1
    options.wave = 5
    let generator = try PromptGenerator(writer: try writer(), options)
    let made = try generator.generate(6, seeds: seeds, seed: 1)
    #expect(made.prompts.count == 6 && Set(made.prompts).count == 6)
    #expect(made.prompts.allSatisfy { $0.hasPrefix("Explain how ") })
    let total = made.counts.values.compactMap(\.intValue).reduce(0, +)
    #expect(total == made.attempts && made.attempts % 5 == 0)
    #expect(made.counts["kept"]?.intValue == 6)
    #expect((made.counts["blocked_word"]?.intValue ?? 0) + (made.counts["empty"]?.intValue ?? 0) > 0)
    #expect(try generator.generate(6, seeds: seeds, seed: 1) == made)
    #expect(try generator.generate(6, seeds: seeds, seed: 2) != made)
  }

  @Test("what was made in earlier rounds isn't made again, and attempts run out")
  func earlier() throws {
    var options = PromptOptions()
    options.temperature = 1
    options.topP = 1
    let generator = try PromptGenerator(writer: try writer(), options)
    let first = try generator.generate(4, seeds: seeds, seed: 1)
    let second = try generator.generate(40, seeds: seeds, earlier: first.prompts, seed: 9)
    #expect(Set(first.prompts).isDisjoint(with: second.prompts))
    #expect(second.prompts.count <= 4 && second.attempts == 40 * options.attemptsPerPrompt)
    #expect((second.counts["similar"]?.intValue ?? 0) > 0)
    #expect(throws: SelfRewardError.self) { try generator.generate(1, seeds: [], seed: 0) }
    options.wave = 0
    #expect(throws: SelfRewardError.self) { try PromptGenerator(writer: try writer(), options) }
  }
}
