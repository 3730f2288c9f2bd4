import Testing

@testable import SelfReward

@Suite("Pairs from judged candidates")
struct PairMakerTests {
  /// A set whose candidates say these answers, with as many tokens as given.
  private func set(_ answers: [String], lengths: [Int]? = nil, complete: [Bool]? = nil) -> CandidateSet {
    CandidateSet(
      id: "p", prompt: "?",
      candidates: answers.indices.map { index in
        Candidate(
          text: answers[index], tokens: Array(repeating: 1, count: lengths?[index] ?? 3),
          isComplete: complete?[index] ?? true)
      })
  }

  private func judged(_ scores: [Double?]) -> [Judgment] { scores.map { Judgment(score: $0) } }

  @Test("eight samples: the majority against the rarest, weighted by (V⁺ − V⁻)/k exactly")
  func votes() throws {
    let answers = ["7", "7", "7", "7", "7", "5", "5", "3"]
    let set = set(answers)
    let counts = AnswerVotes(set.candidates)
    #expect(counts.counts == [5, 5, 5, 5, 5, 2, 2, 1])
    #expect(counts.topShare == 0.625)
    var options = PairOptions()
    options.weighting = .votes
    let scores = counts.counts.map { Double($0) / 8 }
    let made = PairMaker(options).pairs([set], [judged(scores)], seed: 1)
    let pair = try #require(made.pairs.first)
    #expect(pair.chosen.text == "7" && pair.rejected.text == "3")
    #expect(pair.weight == (5.0 - 1.0) / 8.0)
  }

  @Test("equal scores throughout make no pair")
  func ties() {
    let made = PairMaker(PairOptions()).pairs(
      [set(["1", "2", "3"])], [judged([2, 2, 2])], seed: 1)
    #expect(made.pairs.isEmpty)
    #expect(made.counts.ties == 1 && made.counts.kept == 0)
  }

  @Test("missing judgments and cut candidates are left out and counted, never losers")
  func missing() throws {
    let made = PairMaker(PairOptions()).pairs(
      [set(["1", "2", "3", "4"], complete: [true, true, true, false])], [judged([nil, 1, 2, -9])], seed: 1)
    let pair = try #require(made.pairs.first)
    #expect(pair.chosen.text == "3" && pair.rejected.text == "2")
    #expect(made.counts.missing == 1 && made.counts.truncated == 1)
  }

  @Test("a NUL, which no file of pairs can hold, keeps a candidate out")
  func unstorable() {
    let made = PairMaker(PairOptions()).pairs([set(["1", "2\0"])], [judged([2, 1])], seed: 1)
    #expect(made.pairs.isEmpty && made.counts.truncated == 1)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var name: String
    var change: @Sendable (inout PairOptions) -> Void
    var counted: @Sendable (PairCounts) -> Int
    var testDescription: String { name }
  }

  static let refusals: [Refusal] = [
    .init(name: "margin", change: { $0.margin = 3.1 }, counted: \.belowMargin),
    .init(name: "floor", change: { $0.floor = 4.5 }, counted: \.belowFloor),
    .init(name: "votes", change: { $0.minimumVotes = 0.5 }, counted: \.belowVotes),
    .init(name: "agreement", change: { $0.requiresAgreement = true }, counted: \.disagreements),
  ]

  @Test("what a pair must fulfil", arguments: refusals)
  func refusal(_ refusal: Refusal) {
    // The best scores 4, the worst 1; one of the best's two samples is against it.
    let judgments = [
      Judgment(score: 4, samples: [5, 3]), Judgment(score: 1, samples: [0, 3.5]), Judgment(score: 2),
    ]
    let sets = [set(["1", "2", "2"])]
    #expect(PairMaker(PairOptions()).pairs(sets, [judgments], seed: 1).pairs.count == 1)
    var options = PairOptions()
    refusal.change(&options)
    let made = PairMaker(options).pairs(sets, [judgments], seed: 1)
    #expect(made.pairs.isEmpty && refusal.counted(made.counts) == 1)
  }

  @Test("DICE's α makes the mean length gap at most a token, where the best were longer")
  func zeroGap() {
    // Scores that rise with length, but not only with it.
    var sets: [CandidateSet] = []
    var judgments: [[Judgment]] = []
    for index in 0..<40 {
      let lengths = (0..<6).map { 4 + ($0 * 7 + index * 3) % 11 }
      sets.append(set((0..<6).map { "answer \($0 + 10 * index)" }, lengths: lengths))
      judgments.append(judged(lengths.enumerated().map { 0.3 * Double($1) + Double(($0 * 5 + index) % 7) }))
    }
    func gap(_ control: PairOptions.LengthControl) -> Double {
      var options = PairOptions()
      options.lengthControl = control
      let pairs = PairMaker(options).pairs(sets, judgments, seed: 1).pairs
      return mean(pairs.map { Double($0.chosen.tokens.count - $0.rejected.tokens.count) })
    }
    #expect(gap(.none) > 2)
    #expect(abs(gap(.zeroGap)) <= 1)
  }

  @Test("pairs that α has turned round are kept, for lengths are level with them alone")
  func turnedRound() {
    let sets = [
      set(["far better", "far worse"], lengths: [9, 1]), set(["hardly better", "shorter"], lengths: [9, 1]),
    ]
    let judgments = [judged([5, 0]), judged([1, 0.9])]
    var options = PairOptions()
    options.lengthControl = .zeroGap
    let made = PairMaker(options).pairs(sets, judgments, seed: 1)
    #expect(made.pairs.map(\.chosen.text) == ["far better", "shorter"])
    #expect(made.counts.ties == 0 && made.counts.lengthPenalty > 0)
    options.margin = 0.05
    let wide = PairMaker(options).pairs(sets, judgments, seed: 1)
    #expect(wide.pairs.map(\.chosen.text) == ["far better"] && wide.counts.belowMargin == 1)
  }

  @Test("the ρ-band takes the shortest of the best and the longest of the worst")
  func band() throws {
    var options = PairOptions()
    options.lengthControl = .band(0.25)
    let made = PairMaker(options).pairs(
      [set(["a", "b", "c", "d"], lengths: [9, 4, 3, 8])], [judged([4, 3.2, 0, 0.9])], seed: 1)
    let pair = try #require(made.pairs.first)
    #expect(pair.chosen.text == "b" && pair.rejected.text == "d")
  }

  @Test("random pairs need no judge, shuffled scores lose what they know; both follow from the seed")
  func controls() {
    let sets = (0..<200).map { _ in set(["1", "2", "3", "4"]) }
    let scores = sets.map { _ in judged([4, 3, 2, 1]) }
    func share(_ selection: PairOptions.Selection, _ judgments: [[Judgment]], seed: UInt64 = 3) -> Double {
      var options = PairOptions()
      options.selection = selection
      return mean(
        PairMaker(options).pairs(sets, judgments, seed: seed).pairs.map { $0.chosen.text == "1" ? 1 : 0 })
    }
    let blank = sets.map { _ in judged([nil, nil, nil, nil]) }
    #expect(share(.extremes, scores) == 1)
    for (selection, judgments) in [(PairOptions.Selection.random, blank), (.shuffled, scores)] {
      #expect((0.15...0.35).contains(share(selection, judgments)))
      #expect(share(selection, judgments) == share(selection, judgments))
      #expect(share(selection, judgments) != share(selection, judgments, seed: 4))
    }
  }

  @Test("the samples of a judgment are dealt out with its score: agreement lets no more through than before")
  func shuffledAgreement() {
    let sets = (0..<50).map { _ in set(["1", "2", "3", "4"]) }
    let judgments = sets.map { _ in [4.0, 3, 2, 1].map { Judgment(averaging: [$0, $0]) } }
    var options = PairOptions()
    options.selection = .shuffled
    options.requiresAgreement = true
    options.weighting = .agreement
    let pairs = PairMaker(options).pairs(sets, judgments, seed: 3).pairs
    #expect(pairs.count == 50 && pairs.allSatisfy { $0.weight == 1 })
    #expect(pairs.contains { $0.chosen.text != "1" })
  }

  @Test("anchored rejection takes the worst of the start's candidates")
  func anchors() throws {
    var options = PairOptions()
    options.isAnchored = true
    let made = PairMaker(options).pairs(
      [set(["1", "2"])], [judged([2, 1])],
      anchors: .init(sets: [set(["8", "9"])], judgments: [judged([0, -5])]), seed: 1)
    let pair = try #require(made.pairs.first)
    #expect(pair.chosen.text == "1" && pair.rejected.text == "9")
    // One candidate and one anchor are enough; one candidate alone isn't.
    let one = PairMaker(options).pairs(
      [set(["1"])], [judged([2])], anchors: .init(sets: [set(["9"])], judgments: [judged([1])]), seed: 1)
    #expect(one.pairs.count == 1 && one.counts.tooFew == 0)
    #expect(PairMaker(PairOptions()).pairs([set(["1"])], [judged([2])], seed: 1).counts.tooFew == 1)
  }

  @Test(
    "under anchored rejection the controls reject anchors too, and know as little of them",
    arguments: [PairOptions.Selection.random, .shuffled])
  func anchoredControls(selection: PairOptions.Selection) {
    var options = PairOptions()
    options.isAnchored = true
    options.selection = selection
    let sets = (0..<400).map { _ in set(["1", "2"]) }
    let anchors = (0..<400).map { _ in set(["8", "9"]) }
    func scores(_ known: [Double?]) -> [[Judgment]] {
      sets.map { _ in judged(selection == .random ? [nil, nil] : known) }
    }
    let pairs = PairMaker(options).pairs(
      sets, scores([4, 3]), anchors: .init(sets: anchors, judgments: scores([1, 0])), seed: 3
    ).pairs
    #expect(pairs.count == 400 && pairs.allSatisfy { ["8", "9"].contains($0.rejected.text) })
    let (chosen, rejected) = (pairs.map { $0.chosen.text == "1" }, pairs.map { $0.rejected.text == "9" })
    #expect((160...240).contains(chosen.count { $0 }))
    #expect((160...240).contains(rejected.count { $0 }))
    // What is drawn for one says nothing of the other.
    #expect((60...140).contains(zip(chosen, rejected).count { $0 && $1 }))
  }
}
