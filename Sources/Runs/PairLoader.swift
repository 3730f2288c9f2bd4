import Datasets
import Diagnostics
import Formats
import Recipes
import Tensors
import Tokenizers
import Training

/// A recipe's preference pairs as the trainer takes them, and where they come from.
struct LoadedPairs: TrainingData {
  /// A split of a data set, and which of its rows became pairs.
  struct Source {
    let path: String
    let split: String
    let rowCount: Int
    /// The row of each of its pairs.
    let rows: [Int]
  }

  private(set) var batches: PreferenceBatches
  let sources: [Source]

  var fingerprint: String { batches.fingerprint }
  var batchesPerEpoch: Int { batches.batchesPerEpoch }
  var largestBatch: Int { batches.largestBatch }
  func batch(_ number: Int) throws -> TokenBatch { batches.batch(number) }

  /// The same pairs with what a reference makes of them: as the data sets have kept it, or scored now and kept.
  ///
  /// - Parameter identity: names the reference; with these pairs, all that its values depend on.
  func scored(
    by identity: String, note: (String) -> Void, score: (PreferenceBatches) throws -> PreferenceBatches
  ) throws -> LoadedPairs {
    let fingerprint = "\(Fingerprint(of: "\(identity) \(batches.fingerprint)"))"
    var scored = self
    if let kept = try kept(fingerprint) {
      scored.batches = batches.with(kept)
      return scored
    }
    note("scoring \(batches.pairs.count) pairs with the reference")
    scored.batches = try score(batches)
    do {
      try scored.keep(fingerprint)
    } catch let error as FormatsError {
      note("the reference's log-probabilities couldn't be kept: \(error)")
    }
    return scored
  }

  /// The source, and the row in it, of each pair of the batches.
  private var origins: [(source: Int, row: Int)] {
    let all = sources.enumerated().flatMap { number, source in source.rows.map { (number, $0) } }
    return batches.places.map { all[$0] }
  }

  private func kept(_ fingerprint: String) throws -> [ReferenceLogProbabilities]? {
    var bySource: [[ReferenceLogProbabilities?]] = []
    for source in sources {
      let dataset = try Dataset(path: source.path)
      guard let values = try dataset.references(split: source.split, fingerprint: fingerprint) else {
        return nil
      }
      bySource.append(values)
    }
    let values = origins.compactMap { bySource[$0.source][$0.row] }
    return values.count == batches.pairs.count ? values : nil
  }

  private func keep(_ fingerprint: String) throws {
    var bySource = sources.map { [ReferenceLogProbabilities?](repeating: nil, count: $0.rowCount) }
    for (origin, pair) in zip(origins, batches.pairs) {
      bySource[origin.source][origin.row] = pair.reference
    }
    for (source, values) in zip(sources, bySource) {
      try Dataset.keep(values, fingerprint: fingerprint, split: source.split, in: source.path)
    }
  }
}

/// Reads a recipe's preference pairs and makes batches of them.
struct PairLoader {
  let recipe: Recipe.Data
  let tokenizer: Tokenizer
  let context: Int
  let seed: UInt64
  let batchTokens: Int
  /// Whether the loss needs answers to other prompts.
  let hasMismatches: Bool
  let pool: ThreadPool
  let note: (String) -> Void

  func load(_ sources: [Recipe.Data.Source], isShuffled: Bool) throws -> LoadedPairs {
    var pairs: [PreferencePair] = []
    var loaded: [LoadedPairs.Source] = []
    for source in sources {
      let dataset = try Dataset(path: source.path)
      let renderer = ExampleRenderer(
        tokenizer: tokenizer,
        template: try PromptTemplate.named(
          recipe.template, chatTemplate: tokenizer.chatTemplate, kind: dataset.kind))
      let reading = try dataset.preferencePairs(split: source.split, renderer: renderer, pool: pool)
      if reading.equal + reading.empty > 0 {
        note(
          "\(source.path): left out \(reading.equal) pairs of equal answers and \(reading.empty) with an empty one"
        )
      }
      for var pair in reading.pairs {
        pair.weight *= source.weight
        pairs.append(pair)
      }
      loaded.append(
        LoadedPairs.Source(
          path: source.path, split: source.split, rowCount: try dataset.rowCount(split: source.split),
          rows: reading.rows))
    }
    let batches = PreferenceBatches(
      pairs, maximumLength: min(recipe.maximumLength, context), tokensPerBatch: batchTokens, seed: seed,
      isShuffled: isShuffled, hasMismatches: hasMismatches)
    if batches.cutPairs + batches.omittedPairs > 0 {
      note(
        "\(batches.cutPairs) pairs are longer than \(batches.maximumLength) tokens and lose an answer's end, "
          + "\(batches.omittedPairs) are left out because too little is left")
    }
    return LoadedPairs(batches: batches, sources: loaded)
  }
}
