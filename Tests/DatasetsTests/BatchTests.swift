import Testing
import Tokenizers

@testable import Datasets

@Suite struct BatchTests {
  /// Lengths with the long tail that real examples have.
  static func lengths(_ count: Int, upTo limit: Int) -> [Int] {
    (0..<count).map { index in
      let share = Double(mixedBits(UInt64(index)) >> 11) / Double(1 << 53)
      return max(2, Int(Double(limit) * share * share))
    }
  }

  /// Examples whose tokens are all different, so that batches show where each went; the last half is
  /// learned.
  static func examples(_ lengths: [Int], from first: TokenID = 0) -> TokenizedExamples {
    var next = first
    return TokenizedExamples(
      lengths.map { length in
        defer { next += TokenID(length) }
        return TokenizedExample(
          ids: Array(next..<next + TokenID(length)),
          mask: (0..<length).map { $0 >= length / 2 && $0 > 0 ? 1 : 0 })
      })
  }

  @Test(arguments: [1, 2, 3, 4, 5, 63, 64, 65, 1000])
  func aPermutationHasEveryIndexOnce(_ count: Int) {
    for seed in [0, 1, UInt64.max] {
      let permutation = Permutation(count: count, seed: seed)
      #expect((0..<count).map { permutation[$0] }.sorted() == Array(0..<count))
    }
  }

  @Test func permutationsLookRandom() {
    let permutation = Permutation(count: 1000, seed: 3)
    let order = (0..<1000).map { permutation[$0] }
    let inPlace = order.enumerated().count { $0 == $1 }
    let rising = zip(order, order.dropFirst()).count { $0 < $1 }
    #expect(inPlace < 10 && (430...570).contains(rising))
    #expect(order != (0..<1000).map { Permutation(count: 1000, seed: 4)[$0] })
  }

  @Test(arguments: [BatchPlan.Grouping.tokens(512), .tokens(2048), .examples(7)])
  func everyTokenComesOnceAnEpoch(_ grouping: BatchPlan.Grouping) {
    let examples = Self.examples(Self.lengths(700, upTo: 512))
    let batches = Batches([(examples, 1)], maximumLength: 512, grouping: grouping, seed: 11)
    for epoch in 0..<2 {
      var ids: [TokenID] = []
      var lossTokens = 0
      for place in 0..<batches.batchesPerEpoch {
        let batch = batches.batch(epoch * batches.batchesPerEpoch + place)
        #expect(batch.count <= batches.largestBatch)
        if case .tokens(let capacity) = grouping { #expect(batch.count <= capacity) }
        ids += batch.ids
        lossTokens += batch.lossTokenCount
      }
      #expect(ids.sorted() == examples.ids)
      #expect(lossTokens == examples.lossTokenCount)
    }
  }

  @Test func batchesAreAFunctionOfSeedAndStep() {
    let examples = Self.examples(Self.lengths(300, upTo: 200))
    func batches(_ seed: UInt64) -> Batches {
      Batches([(examples, 1)], maximumLength: 200, grouping: .tokens(400), seed: seed)
    }
    let (first, again, other) = (batches(1), batches(1), batches(2))
    let count = first.batchesPerEpoch
    // Backwards the second time: nothing depends on the steps before.
    let steps = (0..<2 * count).map { first.batch($0) }
    #expect((0..<2 * count).reversed().map { again.batch($0) } == steps.reversed())
    #expect(steps[..<count].map(\.ids) != steps[count...].map(\.ids))
    #expect((0..<count).map { other.batch($0) } != Array(steps[..<count]))
  }

  @Test func segmentsStandAlone() {
    let examples = Self.examples([4, 3, 2])
    let batches = Batches(
      [(examples, 1)], maximumLength: 8, grouping: .examples(3), seed: 0, isShuffled: false)
    let batch = batches.batch(0)
    #expect(batch.ids == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(batch.targets == [1, 2, 3, 0, 5, 6, 0, 8, 0])
    #expect(batch.weights == [0, 1, 1, 0, 1, 1, 0, 1, 0])
    #expect(batch.positions == [0, 1, 2, 3, 0, 1, 2, 0, 1])
    #expect(batch.segments == [0..<4, 4..<7, 7..<9])
    #expect(batch.lossTokenCount == 5)
  }

  @Test func binsAreNearlyFull() {
    for capacity in [512, 2048] {
      let lengths = Self.lengths(5000, upTo: 512)
      let plan = BatchPlan(lengths: lengths, grouping: .tokens(capacity), seed: 5)
      #expect(Double(lengths.reduce(0, +)) > 0.98 * Double(plan.batchesPerEpoch * capacity))
    }
  }

  @Test func packingWorksAcrossWindows() {
    let lengths = Self.lengths(1000, upTo: 100)
    let bins = BestFitPacker.bins(of: lengths, capacity: 128, window: 16)
    #expect(bins.joined().sorted() == Array(0..<1000))
    #expect(bins.allSatisfy { $0.reduce(0) { $0 + lengths[$1] } <= 128 })
    #expect(BestFitPacker.bins(of: [128, 64, 64, 1], capacity: 128) == [[0], [1, 2], [3]])
    #expect(BestFitPacker.bins(of: [], capacity: 128).isEmpty)
  }

  @Test func longExamplesAreCutOrSplit() {
    let examples = Self.examples([10, 3])
    let cut = ExamplePieces([(examples, 1)], maximumLength: 4, overflow: .truncate, seed: 0)
    // The first four tokens of ten are all prompt.
    #expect(cut.pieces.map(\.tokens) == [0..<3])
    #expect(cut.truncatedExamples == 1 && cut.truncatedTokens == 6 && cut.withoutLoss == 1)
    let split = ExamplePieces([(examples, 1)], maximumLength: 4, overflow: .split, seed: 0)
    #expect(split.pieces.map(\.tokens) == [4..<8, 8..<10, 0..<3])
    #expect(split.truncatedExamples == 0 && split.withoutLoss == 1)
  }

  @Test func eachSetOverflowsInItsOwnWay() {
    let examples = Self.examples([10, 3])
    let mixed = ExamplePieces(
      [(examples, 1), (examples, 1)], maximumLength: 8, overflows: [.split, .truncate], seed: 0)
    #expect(mixed.pieces.map(\.source) == [0, 0, 0, 1, 1])
    #expect(mixed.pieces.map(\.tokens) == [0..<8, 8..<10, 0..<3, 0..<8, 0..<3])
    #expect(mixed.truncatedExamples == 1 && mixed.truncatedTokens == 2)
  }

  @Test func examplesThatLoseAllTheirTargetsAreCounted() {
    let examples = TokenizedExamples([
      TokenizedExample(ids: [1, 2, 3, 4], mask: [0, 0, 1, 1]), TokenizedExample(ids: [1, 2], mask: [0, 0]),
      TokenizedExample(ids: [1, 2, 3], mask: [0, 1, 1]),
    ])
    #expect([1, 2, 3, 4].map(examples.countWithoutTargets) == [2, 1, 0, 0])
  }

  @Test func documentsFillWindowsWholly() {
    let documents = TokenizedExamples(
      [100, 5, 64, 31].map {
        TokenizedExample(ids: Array(0..<$0), mask: [0] + Array(repeating: 1, count: Int($0) - 1))
      })
    let batches = Batches(
      [(documents, 1)], maximumLength: 1000, overflow: .split, grouping: .tokens(50), seed: 1)
    #expect(batches.batchesPerEpoch == 4)
    #expect((0..<4).allSatisfy { batches.batch($0).count == 50 })
  }

  @Test func weightsRepeatExamples() {
    let small = Self.examples(Array(repeating: 4, count: 10))
    let large = Self.examples(Array(repeating: 4, count: 100), from: 1000)
    let batches = Batches(
      [(small, 2.5), (large, 0.3)], maximumLength: 8, grouping: .tokens(64), seed: 9)
    let pieces = batches.cut.pieces
    let times = Dictionary(grouping: pieces.filter { $0.source == 0 }, by: \.example).mapValues(\.count)
    #expect(times.values.sorted() == [2, 2, 2, 2, 2, 3, 3, 3, 3, 3])
    #expect(pieces.count { $0.source == 1 } == 30)
    #expect(Set(pieces.filter { $0.source == 1 }.map(\.example)).count == 30)
  }

  @Test func anEmptyPlanHasNoBatches() {
    let batches = Batches([(TokenizedExamples(), 1)], maximumLength: 8, grouping: .tokens(64), seed: 9)
    #expect(
      batches.batchesPerEpoch == 0 && batches.largestBatch == 0)
  }
}
