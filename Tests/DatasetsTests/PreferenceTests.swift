import Formats
import Foundation
import Testing
import Tokenizers

@testable import Datasets

@Suite("Preference pairs")
struct PreferenceTests {
  static let texts = [
    PreferenceText(prompt: "2+2", chosen: "four", rejected: "five", weight: 0.25, chosenScore: 4.5),
    PreferenceText(prompt: "same", chosen: "a", rejected: "a"),
    PreferenceText(prompt: "silent", chosen: "a", rejected: "  \n"),
    PreferenceText(prompt: "3+3", chosen: "six", rejected: "sixteen or so"),
  ]

  private func dataset(_ texts: [PreferenceText], in folder: TemporaryFolder) throws -> Dataset {
    let path = folder.path + "/pairs.h5"
    try DatasetWriter.create(at: path, source: "test", pairs: texts)
    return try Dataset(path: path)
  }

  private func renderer(_ tokenizer: Tokenizer, _ template: String = "plain") throws -> ExampleRenderer {
    ExampleRenderer(
      tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: nil, kind: .preference))
  }

  @Test func pairsAreWrittenAndReadAsTokens() throws {
    let folder = try TemporaryFolder()
    let dataset = try dataset(Self.texts, in: folder)
    #expect(try dataset.rows(split: "train")[0]["score_chosen"] == "4.5")
    let tokenizer = try SmallTokenizer.bytes()
    let reading = try dataset.preferencePairs(split: "train", renderer: try renderer(tokenizer, "chatml"))
    #expect(reading.rows == [0, 3] && reading.equal == 1 && reading.empty == 1)
    let pair = try #require(reading.pairs.first)
    func text(_ ids: [TokenID]) -> String {
      String(decoding: ids.flatMap { tokenizer.bytes(of: $0) }, as: UTF8.self)
    }
    #expect(text(pair.prompt) == "<|im_start|>user\n2+2<|im_end|>\n<|im_start|>assistant\n")
    #expect(text(pair.chosen) == "four<|im_end|>" && text(pair.rejected) == "five<|im_end|>")
    #expect(pair.weight == 0.25 && reading.pairs[1].weight == 1 && pair.reference == nil)
  }

  @Test func aSpaceBetweenPromptAndAnswerBelongsToOneOfThem() throws {
    let folder = try TemporaryFolder()
    let tokenizer = try SmallTokenizer.spaced()
    let renderer = try renderer(tokenizer, "question-answer")
    let reading = try dataset(Self.texts, in: folder).preferencePairs(split: "train", renderer: renderer)
    for (pair, row) in zip(reading.pairs, [Self.texts[0], Self.texts[3]]) {
      let whole = try renderer.pair(row.row)
      #expect(whole.chosen.ids.starts(with: pair.prompt + pair.chosen))
      #expect(whole.rejected.ids.starts(with: pair.prompt + pair.rejected))
    }
  }

  @Test func whatIsNoPairIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/bad.h5"
    try DatasetWriter.create(at: path, DatasetDescription(kind: .preference, source: "test")) {
      try $0.append(
        DatasetRow(["prompt": "p", "chosen": "a", "rejected": "b", "weight": "-1"]), split: "train")
    }
    let renderer = try renderer(try SmallTokenizer.bytes())
    #expect(throws: DatasetError.notANumber(path: path, row: 0, column: "weight", text: "-1")) {
      try Dataset(path: path).preferencePairs(split: "train", renderer: renderer)
    }
    let other = folder.path + "/task.h5"
    try DatasetWriter.create(at: other, DatasetDescription(kind: .task, source: "test")) {
      try $0.append(DatasetRow(["prompt": "p", "response": "r"]), split: "train")
    }
    #expect(throws: DatasetError.unsuitableKind(path: other, found: .task, isPreferenceNeeded: true)) {
      try Dataset(path: other).preferencePairs(split: "train", renderer: renderer)
    }
  }

  @Test func whatAReferenceFindsIsKeptUntilTheReferenceChanges() throws {
    let folder = try TemporaryFolder()
    let dataset = try dataset(Self.texts, in: folder)
    let before = try dataset.rows(split: "train")
    #expect(try dataset.references(split: "train", fingerprint: "one") == nil)
    let values = [
      ReferenceLogProbabilities(chosen: -1.0 / 3, rejected: -7e-300), nil, nil,
      ReferenceLogProbabilities(chosen: -2, rejected: -1e10),
    ]
    for (fingerprint, values) in [("one", values), ("two", Array(values.reversed()))] {
      try Dataset.keep(values, fingerprint: fingerprint, split: "train", in: dataset.path)
      let again = try Dataset(path: dataset.path)
      #expect(try again.references(split: "train", fingerprint: fingerprint) == values)
      #expect(try again.references(split: "train", fingerprint: "other") == nil)
      #expect(try again.rows(split: "train") == before)
      #expect(try again.tokenization(split: "train") == nil)
    }
    let mismatched = values.map { value in
      value.map { ReferenceLogProbabilities(chosen: $0.chosen, rejected: $0.rejected, mismatched: -4) }
    }
    try Dataset.keep(mismatched, fingerprint: "kto", split: "train", in: dataset.path)
    #expect(try Dataset(path: dataset.path).references(split: "train", fingerprint: "kto") == mismatched)
  }

  // MARK: - Batches

  static func pairs(_ count: Int) -> [PreferencePair] {
    (0..<count).map { number in
      let length = 1 + number % 5
      return PreferencePair(
        prompt: (0..<UInt32(2 + number % 3)).map { UInt32(number) * 20 + $0 },
        chosen: (0..<UInt32(length)).map { UInt32(number) * 20 + 10 + $0 },
        rejected: [UInt32(number) * 20 + 19], weight: Double(number))
    }
  }

  @Test(arguments: [false, true])
  func anEpochHoldsEveryPairOnceAndWhole(hasMismatches: Bool) {
    let pairs = Self.pairs(23)
    let batches = PreferenceBatches(
      pairs, maximumLength: 16, tokensPerBatch: 48, seed: 4, hasMismatches: hasMismatches)
    for epoch in 0..<2 {
      var seen: [PreferencePair] = []
      for number in 0..<batches.batchesPerEpoch {
        let batch = batches.batch(epoch * batches.batchesPerEpoch + number)
        #expect(batch.count <= 48 && batch.count <= batches.largestBatch)
        for pair in batch.pairs {
          func answer(_ segment: Int) -> (prompt: [TokenID], answer: [TokenID]) {
            let rows = batch.segments[segment]
            // A position's weight tells of the token after it.
            let prompt = rows.prefix { batch.weights[$0] == 0 }.count + 1
            let ids = Array(batch.ids[rows])
            return (Array(ids[..<prompt]), Array(ids[prompt...]))
          }
          let (chosen, rejected) = (answer(pair.chosen), answer(pair.rejected))
          #expect(chosen.prompt == rejected.prompt)
          seen.append(
            PreferencePair(
              prompt: chosen.prompt, chosen: chosen.answer, rejected: rejected.answer, weight: pair.weight))
          #expect((pair.mismatched != nil) == hasMismatches)
          guard let mismatched = pair.mismatched.map(answer) else { continue }
          #expect(mismatched.prompt == chosen.prompt)
          let own = pairs.firstIndex { $0.prompt == chosen.prompt } ?? 0
          #expect(mismatched.answer == pairs[(own + 22) % 23].chosen)
        }
      }
      #expect(seen.sorted { $0.weight < $1.weight } == pairs)
    }
  }

  @Test func longAnswersLoseTheirEnds() {
    let batches = PreferenceBatches(
      [
        PreferencePair(prompt: [1, 2], chosen: [3, 4, 5, 6], rejected: [3, 4]),
        PreferencePair(prompt: [1, 2], chosen: [3, 4, 5, 6], rejected: [7]),
        PreferencePair(prompt: [1, 2, 3, 4], chosen: [5], rejected: [6]),
        PreferencePair(prompt: [1], chosen: [2], rejected: [3]),
      ], maximumLength: 4, tokensPerBatch: 100, seed: 0)
    #expect(batches.places == [1, 3] && batches.omittedPairs == 2 && batches.cutPairs == 1)
    #expect(batches.pairs[0].chosen == [3, 4])
  }

  @Test func theFingerprintNamesWhatIsLearnt() {
    func fingerprint(_ pairs: [PreferencePair], seed: UInt64 = 1, tokens: Int = 60) -> String {
      PreferenceBatches(pairs, maximumLength: 16, tokensPerBatch: tokens, seed: seed).fingerprint
    }
    var pairs = Self.pairs(5)
    let first = fingerprint(pairs)
    #expect(fingerprint(pairs) == first)
    #expect(Set([first, fingerprint(pairs, seed: 2), fingerprint(pairs, tokens: 50)]).count == 3)
    pairs[2].weight += 1
    #expect(fingerprint(pairs) != first)
    pairs[2].weight -= 1
    pairs[2].reference = ReferenceLogProbabilities(chosen: 1, rejected: 2)
    #expect(fingerprint(pairs) == first)
    pairs[1].rejected.append(7)
    #expect(fingerprint(pairs) != first)
  }
}
